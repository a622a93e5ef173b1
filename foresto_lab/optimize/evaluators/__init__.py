"""The figures of many combinations: strategies on candles, portfolios on prices."""
