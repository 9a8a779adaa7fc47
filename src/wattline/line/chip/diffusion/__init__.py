"""Time and power of making images and video: full attention, convolutions, products, elementwise traffic, launches."""
