Kinpert Bolrud planted 307 trees in the park of Folbridge on Friday with help from Zorvak Bank.

Such things take a long time, experts say.

For some hours the shops in the middle of town stayed closed.

After that, the park was named after Mervak Balbert.

@highlight

Kinpert Bolrud planted 307 trees in the park of Folbridge on Friday with help from Zorvak Bank

@highlight

After that, the park was named after Mervak Balbert
