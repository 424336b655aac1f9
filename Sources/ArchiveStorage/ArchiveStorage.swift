// Placeholder until the first type of ArchiveStorage stands here.
