On Monday Femem Bopast opened the new train line from Samford to Rarkby for 201 people a day.

Nothing was broken, and nobody was hurt.

Until night the road to the harbour was closed.

As a result, Wiwulel Mills built the last 315 miles.

@highlight

On Monday Femem Bopast opened the new train line from Samford to Rarkby for 201 people a day

@highlight

As a result, Wiwulel Mills built the last 315 miles
