"""The organisers: what each of them has to look after."""
