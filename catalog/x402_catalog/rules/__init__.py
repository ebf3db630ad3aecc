"""Rules over what a catalogue says: the registry, the judge that they speak to, and the rules themselves."""
