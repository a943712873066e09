"""Properties: rules of one chart, run over every distinct document of its corpus."""
