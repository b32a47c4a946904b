A new train between Gihaven and Grilville will carry 229 people a day, Wibeth Wanfen said on Thursday.

A woman with a red hat said that it was good for all.

Children had a free day and stood by the road.

Many people had come early to see it with their own eyes.

Some neighbours were pleased, others were not so sure.

For some hours the shops in the middle of town stayed closed.

Soon after, the way became 595 minutes shorter.

@highlight

A new train between Gihaven and Grilville will carry 229 people a day, Wibeth Wanfen said on Thursday

@highlight

Soon after, the way became 595 minutes shorter
