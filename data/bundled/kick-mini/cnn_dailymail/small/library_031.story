On Sunday the people of Mebastburg got a library with 603 books from the writer Stotala Wuwest.

For some hours the shops in the middle of town stayed closed.

It was cold, yet the streets were full of people.

On the next day, 372 children came to hear Wagrurk Tinepest read.

@highlight

On Sunday the people of Mebastburg got a library with 603 books from the writer Stotala Wuwest

@highlight

On the next day, 372 children came to hear Wagrurk Tinepest read
