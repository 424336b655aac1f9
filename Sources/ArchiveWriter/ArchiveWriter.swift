// Placeholder until the first type of ArchiveWriter stands here.
