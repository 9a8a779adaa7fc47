"""Files of carbon, price and generation by the hour, each form to the same signals."""
