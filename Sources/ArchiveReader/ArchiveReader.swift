// Placeholder until the first type of ArchiveReader stands here.
