"""Constants of code: units of energy and time in SI, and quantiles of the standard normal distribution.

Numbers of the world stand in the catalog, with their range and source; these have neither.
"""

J_PER_WH = 3.6e3
J_PER_KWH = 3.6e6
J_PER_TWH = 3.6e15
KWH_PER_MWH = 1e3
MWH_PER_GWH = 1e3
WH_PER_TWH = 1e12

W_PER_KW = 1e3
W_PER_MW = 1e6
W_PER_GW = 1e9
KW_PER_MW = 1e3
MW_PER_GW = 1e3

G_PER_KG = 1e3
KG_PER_T = 1e3
G_PER_LB = 453.59237
PA_PER_HPA = 1e2
CENTS_PER_DOLLAR = 100.0
KM_PER_MILE = 1.609344
KM_PER_NAUTICAL_MILE = 1.852

MINUTE_S = 60.0
MINUTES_PER_HOUR = 60.0
HOUR_S = 3_600.0
DAY_S = 86_400.0
DAY_H = 24.0
WEEK_S = 604_800.0
# the Julian year of 365.25 days, the year that pint reads in "8 years": of lives, spans and yearly statistics. A
# typical year of weather has no 29 February.
YEAR_S = 31_557_600.0
COMMON_YEAR_S = 365 * DAY_S  # one of the calendar, without a leap day
YEAR_H = YEAR_S / HOUR_S
TYPICAL_YEAR_H = 8_760  # of weather, of load or of supply

Z95 = 1.6448536269514722  # the 95th percentile: a range from p5 to p95 reaches so many standard deviations either way
Z975 = 1.959963984540054  # the 97.5th: what holds the truth 19 times in 20 reaches so many either way
