The teacher Finquell Jalwick of Gerbay won a prize of 508 coins on Monday for a book about a silver ring.

There were many questions from reporters and few answers.

Last year something like it had happened in another part of the country.

After that, the money was given to a school in Funbridge.

@highlight

The teacher Finquell Jalwick of Gerbay won a prize of 508 coins on Monday for a book about a silver ring

@highlight

After that, the money was given to a school in Funbridge
