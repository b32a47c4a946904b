On Saturday Lilnor Drothor opened the new train line from Nulburg to Stulville for 302 people a day.

It was the talk of the town in every cafe.

There were many questions from reporters and few answers.

Later that day, the way became 72 minutes shorter.

@highlight

On Saturday Lilnor Drothor opened the new train line from Nulburg to Stulville for 302 people a day

@highlight

Later that day, the way became 72 minutes shorter
