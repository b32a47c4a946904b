On Wednesday a prize of 894 coins went to the teacher Danhart Kulquell of Venmouth for a book about a violin.

The road to the harbour was closed until night.

By the road stood many children, who had a free day.

Some days later, Trorbert Jurbran wrote a letter of thanks.

@highlight

On Wednesday a prize of 894 coins went to the teacher Danhart Kulquell of Venmouth for a book about a violin

@highlight

Some days later, Trorbert Jurbran wrote a letter of thanks
