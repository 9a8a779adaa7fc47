"""How the demand of data centres grows, from stock and watts, with the past as judge; and what an answer equals."""
