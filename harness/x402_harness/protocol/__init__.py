"""The protocol without input and output: messages, header codecs, typed data, the purchase state machine."""
