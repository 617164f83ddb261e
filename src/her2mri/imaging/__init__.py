"""EER, curve type, ADC and diameter measured from images."""
