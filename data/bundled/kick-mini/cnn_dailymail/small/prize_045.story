On Tuesday a prize of 663 coins went to the teacher Gekerk Casam of Nurkstad for a book about a violin.

Nobody was hurt, and nothing was broken.

A police car waited at the end of the street.

Soon after, the money was given to a school in Naxby.

@highlight

On Tuesday a prize of 663 coins went to the teacher Gekerk Casam of Nurkstad for a book about a violin

@highlight

Soon after, the money was given to a school in Naxby
