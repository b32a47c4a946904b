Stothor Sorric said on Tuesday that 969 people a day will take the new train from Dorhaven to Kanport.

There was hot tea and bread for everyone.

The road to the harbour was closed until night.

By evening, the first driver was Tollic Colpert.

@highlight

Stothor Sorric said on Tuesday that 969 people a day will take the new train from Dorhaven to Kanport

@highlight

By evening, the first driver was Tollic Colpert
