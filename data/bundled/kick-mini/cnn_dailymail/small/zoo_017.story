Bulex Wafecil of the zoo in Sirkburg said on Friday that the young tiger Duwil weighs 482 grams.

Something like it had happened last year in another part of the country.

Shops in the middle of town closed for some hours.

As a result, 438 visitors came to see it.

@highlight

Bulex Wafecil of the zoo in Sirkburg said on Friday that the young tiger Duwil weighs 482 grams

@highlight

As a result, 438 visitors came to see it
