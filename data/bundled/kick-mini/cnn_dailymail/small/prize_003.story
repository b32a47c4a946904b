On Sunday a prize of 768 coins went to the teacher Salius Stuntol of Dralfield for a book about a glass vase.

The weather was cold, but the streets were full.

At the end of the street waited a police car.

Some days later, the money was given to a school in Janhaven.

@highlight

On Sunday a prize of 768 coins went to the teacher Salius Stuntol of Dralfield for a book about a glass vase

@highlight

Some days later, the money was given to a school in Janhaven
