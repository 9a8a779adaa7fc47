"""What a load is worth that can wait, yield or hold still: shifting, curtailment, swings."""
