A library with 256 books opened in Menbay on Tuesday, a gift of the writer Zorhov Wanfen.

Shops in the middle of town closed for some hours.

Experts say that such things take a long time.

Not all neighbours were pleased, and some had questions.

Last year something like it had happened in another part of the country.

The road to the harbour was closed until night.

At last, the town of Gilfield asked for one, too.

@highlight

A library with 256 books opened in Menbay on Tuesday, a gift of the writer Zorhov Wanfen

@highlight

At last, the town of Gilfield asked for one, too
