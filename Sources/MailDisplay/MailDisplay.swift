// Placeholder until the first type of MailDisplay stands here.
