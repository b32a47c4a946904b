A new train between Tenuford and Sterport will carry 81 people a day, Cotreson Bomurk said on Saturday.

Near the station a small band played music.

Some neighbours were pleased, others were not so sure.

As a result, the way became 149 minutes shorter.

@highlight

A new train between Tenuford and Sterport will carry 81 people a day, Cotreson Bomurk said on Saturday

@highlight

As a result, the way became 149 minutes shorter
