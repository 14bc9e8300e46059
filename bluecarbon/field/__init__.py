"""Field measurements in a survey: from the job's tables to measured factors of its strata."""
