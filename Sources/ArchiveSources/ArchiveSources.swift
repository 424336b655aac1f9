// Placeholder until the first type of ArchiveSources stands here.
