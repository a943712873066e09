"""Which branches of a chart's templates its matrix reaches, decided by Helm's own engine."""
