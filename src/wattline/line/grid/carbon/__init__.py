"""Carbon and price of a grid by the hour: signals, their readers, typical years, marginal plants, forecasts."""
