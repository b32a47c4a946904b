"""Dense and compressed models answering side by side, token by token: model servers, streams, and where two answers part. No torch."""
