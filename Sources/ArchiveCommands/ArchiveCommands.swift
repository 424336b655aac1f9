// Placeholder until the first type of ArchiveCommands stands here.
