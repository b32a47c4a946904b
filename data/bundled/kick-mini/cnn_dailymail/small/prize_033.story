A book about a lamp brought the teacher Fenmas Grorlum of Deford a prize of 566 coins on Sunday.

Until night the road to the harbour was closed.

At the end of the street waited a police car.

By evening, Vatim Bank printed 398 copies.

@highlight

A book about a lamp brought the teacher Fenmas Grorlum of Deford a prize of 566 coins on Sunday

@highlight

By evening, Vatim Bank printed 398 copies
