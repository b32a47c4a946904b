Linric Kelric said on Wednesday that the market of Janhaven gets a new hall with 723 tables.

Nobody was hurt, and nothing was broken.

An old man at the corner said that nobody had expected it.

By evening, farmers from Kanport were the first to come.

@highlight

Linric Kelric said on Wednesday that the market of Janhaven gets a new hall with 723 tables

@highlight

By evening, farmers from Kanport were the first to come
