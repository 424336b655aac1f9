import Testing

/// Signatures at the edges of Ed25519, made by others.
enum EdgeSignatures {
    struct Case: Sendable, CustomTestStringConvertible {
        let key: String
        let message: String
        let signature: String
        let isGood: Bool
        let testDescription: String
    }

    /// The twelve cases of "Taming the many EdDSAs" (ed25519-speccheck), messages in hexadecimal.
    static let taming: [Case] = [
        Case(
            key: "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
            message: "8c93255d71dcab10e8f379c26200f3c7bd5f09d9bc3068d3ef4edeb4853022b6",
            signature: "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"
                + "0000000000000000000000000000000000000000000000000000000000000000",
            isGood: false,
            testDescription: "case 0"
        ),
        Case(
            key: "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
            message: "9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
            signature: "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43"
                + "a5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04",
            isGood: false,
            testDescription: "case 1"
        ),
        Case(
            key: "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
            message: "aebf3f2601a0c8c5d39cc7d8911642f740b78168218da8471772b35f9d35b9ab",
            signature: "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"
                + "8c4bd45aecaca5b24fb97bc10ac27ac8751a7dfe1baff8b953ec9f5833ca260e",
            isGood: false,
            testDescription: "case 2"
        ),
        Case(
            key: "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
            message: "9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
            signature: "9046a64750444938de19f227bb80485e92b83fdb4b6506c160484c016cc1852f"
                + "87909e14428a7a1d62e9f22f3d3ad7802db02eb2e688b6c52fcd6648a98bd009",
            isGood: true,
            testDescription: "case 3"
        ),
        Case(
            key: "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
            message: "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
            signature: "160a1cb0dc9c0258cd0a7d23e94d8fa878bcb1925f2c64246b2dee1796bed512"
                + "5ec6bc982a269b723e0668e540911a9a6a58921d6925e434ab10aa7940551a09",
            isGood: false,
            testDescription: "case 4"
        ),
        Case(
            key: "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
            message: "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
            signature: "21122a84e0b5fca4052f5b1235c80a537878b38f3142356b2c2384ebad4668b7"
                + "e40bc836dac0f71076f9abe3a53f9c03c1ceeeddb658d0030494ace586687405",
            isGood: false,
            testDescription: "case 5"
        ),
        Case(
            key: "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
            message: "85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
            signature: "e96f66be976d82e60150baecff9906684aebb1ef181f67a7189ac78ea23b6c0e"
                + "547f7690a0e2ddcd04d87dbc3490dc19b3b3052f7ff0538cb68afb369ba3a514",
            isGood: false,
            testDescription: "case 6"
        ),
        Case(
            key: "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
            message: "85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
            signature: "8ce5b96c8f26d0ab6c47958c9e68b937104cd36e13c33566acd2fe8d38aa1942"
                + "7e71f98a473474f2f13f06f97c20d58cc3f54b8bd0d272f42b695dd7e89a8c22",
            isGood: false,
            testDescription: "case 7"
        ),
        Case(
            key: "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
            message: "9bedc267423725d473888631ebf45988bad3db83851ee85c85e241a07d148b41",
            signature: "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
                + "03be9678ac102edcd92b0210bb34d7428d12ffc5df5f37e359941266a4e35f0f",
            isGood: false,
            testDescription: "case 8"
        ),
        Case(
            key: "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
            message: "9bedc267423725d473888631ebf45988bad3db83851ee85c85e241a07d148b41",
            signature: "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
                + "ca8c5b64cd208982aa38d4936621a4775aa233aa0505711d8fdcfdaa943d4908",
            isGood: false,
            testDescription: "case 9"
        ),
        Case(
            key: "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            message: "e96b7021eb39c1a163b6da4e3093dcd3f21387da4cc4572be588fafae23c155b",
            signature: "a9d55260f765261eb9b84e106f665e00b867287a761990d7135963ee0a7d59dc"
                + "a5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04",
            isGood: false,
            testDescription: "case 10"
        ),
        Case(
            key: "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            message: "39a591f5321bbe07fd5a23dc2f39d025d74526615746727ceefd6e82ae65c06f",
            signature: "a9d55260f765261eb9b84e106f665e00b867287a761990d7135963ee0a7d59dc"
                + "a5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04",
            isGood: false,
            testDescription: "case 11"
        ),
    ]

    /// One case for each set of properties in the Community Cryptography Test Vectors (C2SP), messages as text.
    static let pointEncodings: [Case] = [
        Case(
            key: "0000000000000000000000000000000000000000000000000000000000000000",
            message: "ed25519vectors 3",
            signature: "0000000000000000000000000000000000000000000000000000000000000000"
                + "0000000000000000000000000000000000000000000000000000000000000000",
            isGood: false,
            testDescription: "0: low order R low order A low order component R low order component A low order residue"
        ),
        Case(
            key: "0000000000000000000000000000000000000000000000000000000000000000",
            message: "ed25519vectors 11",
            signature: "0000000000000000000000000000000000000000000000000000000000000000"
                + "0000000000000000000000000000000000000000000000000000000000000000",
            isGood: false,
            testDescription: "1: low order R low order A low order component R low order component A"
        ),
        Case(
            key: "0000000000000000000000000000000000000000000000000000000000000000",
            message: "ed25519vectors 7",
            signature: "36684ea91032ba5b1dbab2d02f4debc74c3327f2b3802e2e4d371aa42b12b56b"
                + "05ba9a796274d80437afa36f1236563f2f3b0aa84cecddc3d20914615ba4fe02",
            isGood: false,
            testDescription: "2: low order A low order component R low order component A low order residue"
        ),
        Case(
            key: "0000000000000000000000000000000000000000000000000000000000000000",
            message: "ed25519vectors 3",
            signature: "36684ea91032ba5b1dbab2d02f4debc74c3327f2b3802e2e4d371aa42b12b56b"
                + "05ba9a796274d80437afa36f1236563f2f3b0aa84cecddc3d20914615ba4fe02",
            isGood: false,
            testDescription: "3: low order A low order component R low order component A"
        ),
        Case(
            key: "10eb7c3acfb2bed3e0d6ab89bf5a3d6afddd1176ce4812e38d9fd485058fdb1f",
            message: "ed25519vectors 7",
            signature: "0000000000000000000000000000000000000000000000000000000000000000"
                + "5e176f12cfb0d4e6eb6929b19ae4c998ef05c1c2cf628a9b1fa1c21312627108",
            isGood: false,
            testDescription: "4: low order R low order component R low order component A low order residue"
        ),
        Case(
            key: "10eb7c3acfb2bed3e0d6ab89bf5a3d6afddd1176ce4812e38d9fd485058fdb1f",
            message: "ed25519vectors 3",
            signature: "0000000000000000000000000000000000000000000000000000000000000000"
                + "9472a69cd9a701a50d130ed52189e2455b23767db52cacb8716fb896ffeeac09",
            isGood: false,
            testDescription: "5: low order R low order component R low order component A"
        ),
        Case(
            key: "10eb7c3acfb2bed3e0d6ab89bf5a3d6afddd1176ce4812e38d9fd485058fdb1f",
            message: "ed25519vectors 10",
            signature: "36684ea91032ba5b1dbab2d02f4debc74c3327f2b3802e2e4d371aa42b12b56b"
                + "c02e2b9e63e385c058bf62b14b3a2b29ccefe8e38ddb536bc3f9865320a3d801",
            isGood: false,
            testDescription: "6: low order component R low order component A low order residue"
        ),
        Case(
            key: "10eb7c3acfb2bed3e0d6ab89bf5a3d6afddd1176ce4812e38d9fd485058fdb1f",
            message: "ed25519vectors",
            signature: "36684ea91032ba5b1dbab2d02f4debc74c3327f2b3802e2e4d371aa42b12b56b"
                + "bbfd00bd9c259d8d222d15e67a3d8228585050dbb9b9585be20d8fadc721da03",
            isGood: true,
            testDescription: "7: low order component R low order component A"
        ),
        Case(
            key: "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            message: "ed25519vectors 8",
            signature: "0000000000000000000000000000000000000000000000000000000000000000"
                + "0000000000000000000000000000000000000000000000000000000000000000",
            isGood: false,
            testDescription:
                "8: low order R low order A low order component R low order component A low order residue non canonical A"
        ),
        Case(
            key: "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            message: "ed25519vectors 6",
            signature: "0000000000000000000000000000000000000000000000000000000000000000"
                + "0000000000000000000000000000000000000000000000000000000000000000",
            isGood: false,
            testDescription: "9: low order R low order A low order component R low order component A non canonical A"
        ),
        Case(
            key: "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            message: "ed25519vectors 4",
            signature: "36684ea91032ba5b1dbab2d02f4debc74c3327f2b3802e2e4d371aa42b12b56b"
                + "05ba9a796274d80437afa36f1236563f2f3b0aa84cecddc3d20914615ba4fe02",
            isGood: false,
            testDescription:
                "10: low order A low order component R low order component A low order residue non canonical A"
        ),
        Case(
            key: "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            message: "ed25519vectors",
            signature: "36684ea91032ba5b1dbab2d02f4debc74c3327f2b3802e2e4d371aa42b12b56b"
                + "05ba9a796274d80437afa36f1236563f2f3b0aa84cecddc3d20914615ba4fe02",
            isGood: false,
            testDescription: "11: low order A low order component R low order component A non canonical A"
        ),
        Case(
            key: "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            message: "ed25519vectors 7",
            signature: "36684ea91032ba5b1dbab2d02f4debc74c3327f2b3802e2e4d371aa42b12b56b"
                + "05ba9a796274d80437afa36f1236563f2f3b0aa84cecddc3d20914615ba4fe02",
            isGood: false,
            testDescription:
                "12: low order A low order component R low order component A low order residue non canonical A reencoded k"
        ),
        Case(
            key: "0000000000000000000000000000000000000000000000000000000000000000",
            message: "ed25519vectors 3",
            signature: "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
                + "0000000000000000000000000000000000000000000000000000000000000000",
            isGood: false,
            testDescription:
                "14: low order R low order A low order component R low order component A low order residue non canonical R"
        ),
        Case(
            key: "0000000000000000000000000000000000000000000000000000000000000000",
            message: "ed25519vectors 10",
            signature: "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
                + "0000000000000000000000000000000000000000000000000000000000000000",
            isGood: false,
            testDescription: "15: low order R low order A low order component R low order component A non canonical R"
        ),
        Case(
            key: "10eb7c3acfb2bed3e0d6ab89bf5a3d6afddd1176ce4812e38d9fd485058fdb1f",
            message: "ed25519vectors 6",
            signature: "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
                + "1cb421dfbd92aa6c30d550bff53c81cf650ace6deb96a8ec22d2fef84dbbe20b",
            isGood: false,
            testDescription:
                "16: low order R low order component R low order component A low order residue non canonical R"
        ),
        Case(
            key: "10eb7c3acfb2bed3e0d6ab89bf5a3d6afddd1176ce4812e38d9fd485058fdb1f",
            message: "ed25519vectors 3",
            signature: "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
                + "ad7a355469b5c87e550469f6b2de409ee723acd584bf35f86b80c384e8ceb702",
            isGood: false,
            testDescription: "17: low order R low order component R low order component A non canonical R"
        ),
        Case(
            key: "10eb7c3acfb2bed3e0d6ab89bf5a3d6afddd1176ce4812e38d9fd485058fdb1f",
            message: "ed25519vectors 7",
            signature: "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
                + "5e176f12cfb0d4e6eb6929b19ae4c998ef05c1c2cf628a9b1fa1c21312627108",
            isGood: false,
            testDescription:
                "18: low order R low order component R low order component A low order residue non canonical R reencoded k"
        ),
        Case(
            key: "10eb7c3acfb2bed3e0d6ab89bf5a3d6afddd1176ce4812e38d9fd485058fdb1f",
            message: "ed25519vectors 3",
            signature: "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
                + "9472a69cd9a701a50d130ed52189e2455b23767db52cacb8716fb896ffeeac09",
            isGood: false,
            testDescription: "19: low order R low order component R low order component A non canonical R reencoded k"
        ),
        Case(
            key: "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            message: "ed25519vectors 2",
            signature: "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
                + "0000000000000000000000000000000000000000000000000000000000000000",
            isGood: false,
            testDescription:
                "20: low order R low order A low order component R low order component A low order residue non canonical A non canonical R"
        ),
        Case(
            key: "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            message: "ed25519vectors 15",
            signature: "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
                + "0000000000000000000000000000000000000000000000000000000000000000",
            isGood: false,
            testDescription:
                "21: low order R low order A low order component R low order component A non canonical A non canonical R"
        ),
        Case(
            key: "10eb7c3acfb2bed3e0d6ab89bf5a3d6afddd1176ce4812e38d9fd485058fdb1f",
            message: "ed25519vectors 2",
            signature: "b797b156efcd45a4e2454d2fd0b21438b3ccd80d4c7fd1d1b2c8e55bd4ed4a94"
                + "732d9e0279fe001d90327efa319816e3e4506b78432b8b4e1f2fdc4b960d700f",
            isGood: true,
            testDescription: "29: low order component R low order component A"
        ),
        Case(
            key: "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            message: "ed25519vectors 9",
            signature: "b797b156efcd45a4e2454d2fd0b21438b3ccd80d4c7fd1d1b2c8e55bd4ed4a94"
                + "05ba9a796274d80437afa36f1236563f2f3b0aa84cecddc3d20914615ba4fe02",
            isGood: false,
            testDescription: "35: low order A low order component R low order component A non canonical A reencoded k"
        ),
        Case(
            key: "0000000000000000000000000000000000000000000000000000000000000000",
            message: "ed25519vectors 11",
            signature: "0100000000000000000000000000000000000000000000000000000000000000"
                + "0000000000000000000000000000000000000000000000000000000000000000",
            isGood: false,
            testDescription: "44: low order R low order A low order component A"
        ),
        Case(
            key: "0000000000000000000000000000000000000000000000000000000000000000",
            message: "ed25519vectors 5",
            signature: "0100000000000000000000000000000000000000000000000000000000000000"
                + "0000000000000000000000000000000000000000000000000000000000000000",
            isGood: false,
            testDescription: "45: low order R low order A low order component A low order residue"
        ),
        Case(
            key: "0000000000000000000000000000000000000000000000000000000000000000",
            message: "ed25519vectors",
            signature: "b62cf890de42c413b11b1411c9f01f1c4d77aa87ef182258d1251f69af2a3506"
                + "05ba9a796274d80437afa36f1236563f2f3b0aa84cecddc3d20914615ba4fe02",
            isGood: false,
            testDescription: "46: low order A low order component A"
        ),
        Case(
            key: "0000000000000000000000000000000000000000000000000000000000000000",
            message: "ed25519vectors 3",
            signature: "b62cf890de42c413b11b1411c9f01f1c4d77aa87ef182258d1251f69af2a3506"
                + "05ba9a796274d80437afa36f1236563f2f3b0aa84cecddc3d20914615ba4fe02",
            isGood: false,
            testDescription: "47: low order A low order component A low order residue"
        ),
        Case(
            key: "10eb7c3acfb2bed3e0d6ab89bf5a3d6afddd1176ce4812e38d9fd485058fdb1f",
            message: "ed25519vectors 13",
            signature: "0100000000000000000000000000000000000000000000000000000000000000"
                + "edfd6f478b59eab2545cf8f3d48c6574d2b4e8abd948148da5c62479113b8d0f",
            isGood: false,
            testDescription: "48: low order R low order component A"
        ),
        Case(
            key: "10eb7c3acfb2bed3e0d6ab89bf5a3d6afddd1176ce4812e38d9fd485058fdb1f",
            message: "ed25519vectors 4",
            signature: "0100000000000000000000000000000000000000000000000000000000000000"
                + "879e8751046a31d163df68051bbd909e6d26c8414883ba3475bf00e17c1e7b04",
            isGood: false,
            testDescription: "49: low order R low order component A low order residue"
        ),
        Case(
            key: "10eb7c3acfb2bed3e0d6ab89bf5a3d6afddd1176ce4812e38d9fd485058fdb1f",
            message: "ed25519vectors 5",
            signature: "b62cf890de42c413b11b1411c9f01f1c4d77aa87ef182258d1251f69af2a3506"
                + "08f32d206a7c0b7efa9a59e66546e8f1f599ef843fb502c9cc3c4ae8b7c11e05",
            isGood: true,
            testDescription: "50: low order component A"
        ),
        Case(
            key: "10eb7c3acfb2bed3e0d6ab89bf5a3d6afddd1176ce4812e38d9fd485058fdb1f",
            message: "ed25519vectors 3",
            signature: "b62cf890de42c413b11b1411c9f01f1c4d77aa87ef182258d1251f69af2a3506"
                + "030b03796b78f7afeadfccaedc9d09ce6d487d1ece1f16b1ae2b59b7e5c40603",
            isGood: false,
            testDescription: "51: low order component A low order residue"
        ),
        Case(
            key: "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            message: "ed25519vectors 5",
            signature: "0100000000000000000000000000000000000000000000000000000000000000"
                + "0000000000000000000000000000000000000000000000000000000000000000",
            isGood: false,
            testDescription: "52: low order R low order A low order component A non canonical A"
        ),
        Case(
            key: "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            message: "ed25519vectors 1",
            signature: "0100000000000000000000000000000000000000000000000000000000000000"
                + "0000000000000000000000000000000000000000000000000000000000000000",
            isGood: false,
            testDescription: "53: low order R low order A low order component A low order residue non canonical A"
        ),
        Case(
            key: "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            message: "ed25519vectors 5",
            signature: "b62cf890de42c413b11b1411c9f01f1c4d77aa87ef182258d1251f69af2a3506"
                + "05ba9a796274d80437afa36f1236563f2f3b0aa84cecddc3d20914615ba4fe02",
            isGood: false,
            testDescription: "54: low order A low order component A non canonical A"
        ),
        Case(
            key: "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            message: "ed25519vectors 6",
            signature: "b62cf890de42c413b11b1411c9f01f1c4d77aa87ef182258d1251f69af2a3506"
                + "05ba9a796274d80437afa36f1236563f2f3b0aa84cecddc3d20914615ba4fe02",
            isGood: false,
            testDescription: "55: low order A low order component A low order residue non canonical A"
        ),
        Case(
            key: "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            message: "ed25519vectors",
            signature: "b62cf890de42c413b11b1411c9f01f1c4d77aa87ef182258d1251f69af2a3506"
                + "05ba9a796274d80437afa36f1236563f2f3b0aa84cecddc3d20914615ba4fe02",
            isGood: false,
            testDescription: "56: low order A low order component A low order residue non canonical A reencoded k"
        ),
        Case(
            key: "0000000000000000000000000000000000000000000000000000000000000000",
            message: "ed25519vectors 5",
            signature: "0100000000000000000000000000000000000000000000000000000000000080"
                + "0000000000000000000000000000000000000000000000000000000000000000",
            isGood: false,
            testDescription: "58: low order R low order A low order component A non canonical R"
        ),
        Case(
            key: "0000000000000000000000000000000000000000000000000000000000000000",
            message: "ed25519vectors 1",
            signature: "0100000000000000000000000000000000000000000000000000000000000080"
                + "0000000000000000000000000000000000000000000000000000000000000000",
            isGood: false,
            testDescription: "59: low order R low order A low order component A low order residue non canonical R"
        ),
        Case(
            key: "10eb7c3acfb2bed3e0d6ab89bf5a3d6afddd1176ce4812e38d9fd485058fdb1f",
            message: "ed25519vectors 2",
            signature: "0100000000000000000000000000000000000000000000000000000000000080"
                + "c85efbb96e35e1b671722d5d8de687d4e148ea15ec566be6a1f3cfb8a10a9d06",
            isGood: false,
            testDescription: "60: low order R low order component A non canonical R"
        ),
        Case(
            key: "10eb7c3acfb2bed3e0d6ab89bf5a3d6afddd1176ce4812e38d9fd485058fdb1f",
            message: "ed25519vectors 29",
            signature: "0100000000000000000000000000000000000000000000000000000000000080"
                + "4b18627cef9707137b02358c8b73769381269bf7cac9c473483c83c46a615d09",
            isGood: false,
            testDescription: "61: low order R low order component A low order residue non canonical R"
        ),
        Case(
            key: "10eb7c3acfb2bed3e0d6ab89bf5a3d6afddd1176ce4812e38d9fd485058fdb1f",
            message: "ed25519vectors 13",
            signature: "0100000000000000000000000000000000000000000000000000000000000080"
                + "edfd6f478b59eab2545cf8f3d48c6574d2b4e8abd948148da5c62479113b8d0f",
            isGood: false,
            testDescription: "62: low order R low order component A low order residue non canonical R reencoded k"
        ),
        Case(
            key: "10eb7c3acfb2bed3e0d6ab89bf5a3d6afddd1176ce4812e38d9fd485058fdb1f",
            message: "ed25519vectors 13",
            signature: "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
                + "edfd6f478b59eab2545cf8f3d48c6574d2b4e8abd948148da5c62479113b8d0f",
            isGood: false,
            testDescription: "74: low order R low order component A non canonical R reencoded k"
        ),
        Case(
            key: "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            message: "ed25519vectors 11",
            signature: "0100000000000000000000000000000000000000000000000000000000000080"
                + "0000000000000000000000000000000000000000000000000000000000000000",
            isGood: false,
            testDescription: "76: low order R low order A low order component A non canonical A non canonical R"
        ),
        Case(
            key: "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            message: "ed25519vectors 4",
            signature: "0100000000000000000000000000000000000000000000000000000000000080"
                + "0000000000000000000000000000000000000000000000000000000000000000",
            isGood: false,
            testDescription:
                "77: low order R low order A low order component A low order residue non canonical A non canonical R"
        ),
        Case(
            key: "10eb7c3acfb2bed3e0d6ab89bf5a3d6afddd1176ce4812e38d9fd485058fdb1f",
            message: "ed25519vectors 4",
            signature: "37d3076f21bd3bec4ee4ebee360fe0e3b288557810e7dda72edae09650d5caf9"
                + "ecf8dc78bf5c647c714a00acf11719551952b488c2c9df967c7d48b479420e0e",
            isGood: true,
            testDescription: "117: low order component R low order component A"
        ),
        Case(
            key: "dd1483c5304d412c1f29547640a5c2950222ee8931b7ed1c72602b7afa7024e0",
            message: "ed25519vectors",
            signature: "36684ea91032ba5b1dbab2d02f4debc74c3327f2b3802e2e4d371aa42b12b56b"
                + "25e180a8f97db7419c7adb79f5063f045cb18fc6af517852e3687be84bd7e803",
            isGood: true,
            testDescription: "139: low order component R low order component A"
        ),
        Case(
            key: "dd1483c5304d412c1f29547640a5c2950222ee8931b7ed1c72602b7afa7024e0",
            message: "ed25519vectors 9",
            signature: "b797b156efcd45a4e2454d2fd0b21438b3ccd80d4c7fd1d1b2c8e55bd4ed4a94"
                + "26c8d0de0953df46bc0049fed1261b7c06189e84e5c14985454485ba5a4fb501",
            isGood: true,
            testDescription: "161: low order component R low order component A"
        ),
        Case(
            key: "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            message: "ed25519vectors 15",
            signature: "b62cf890de42c413b11b1411c9f01f1c4d77aa87ef182258d1251f69af2a3506"
                + "05ba9a796274d80437afa36f1236563f2f3b0aa84cecddc3d20914615ba4fe02",
            isGood: false,
            testDescription: "188: low order A low order component A non canonical A reencoded k"
        ),
        Case(
            key: "0100000000000000000000000000000000000000000000000000000000000000",
            message: "ed25519vectors 3",
            signature: "0000000000000000000000000000000000000000000000000000000000000000"
                + "0000000000000000000000000000000000000000000000000000000000000000",
            isGood: false,
            testDescription: "264: low order R low order A low order component R low order residue"
        ),
        Case(
            key: "0100000000000000000000000000000000000000000000000000000000000000",
            message: "ed25519vectors 5",
            signature: "36684ea91032ba5b1dbab2d02f4debc74c3327f2b3802e2e4d371aa42b12b56b"
                + "05ba9a796274d80437afa36f1236563f2f3b0aa84cecddc3d20914615ba4fe02",
            isGood: false,
            testDescription: "265: low order A low order component R low order residue"
        ),
        Case(
            key: "ef75b20e7540e3dff77404193652ba2bd13df99c1508eee1515e27ae25f28076",
            message: "ed25519vectors",
            signature: "0000000000000000000000000000000000000000000000000000000000000000"
                + "ef1195f0610612912016b3ee33054829bcea20ae4de1e9343b1c4e2e15649003",
            isGood: false,
            testDescription: "266: low order R low order component R low order residue"
        ),
        Case(
            key: "ef75b20e7540e3dff77404193652ba2bd13df99c1508eee1515e27ae25f28076",
            message: "ed25519vectors 3",
            signature: "36684ea91032ba5b1dbab2d02f4debc74c3327f2b3802e2e4d371aa42b12b56b"
                + "2d471882773a677af1e3824e757a33f8ddf7bbeaf3d28a09595eb8daa0d74a03",
            isGood: false,
            testDescription: "267: low order component R low order residue"
        ),
        Case(
            key: "0100000000000000000000000000000000000000000000000000000000000080",
            message: "ed25519vectors",
            signature: "0000000000000000000000000000000000000000000000000000000000000000"
                + "0000000000000000000000000000000000000000000000000000000000000000",
            isGood: false,
            testDescription: "268: low order R low order A low order component R low order residue non canonical A"
        ),
        Case(
            key: "0100000000000000000000000000000000000000000000000000000000000080",
            message: "ed25519vectors 20",
            signature: "36684ea91032ba5b1dbab2d02f4debc74c3327f2b3802e2e4d371aa42b12b56b"
                + "05ba9a796274d80437afa36f1236563f2f3b0aa84cecddc3d20914615ba4fe02",
            isGood: false,
            testDescription: "269: low order A low order component R low order residue non canonical A"
        ),
        Case(
            key: "0100000000000000000000000000000000000000000000000000000000000080",
            message: "ed25519vectors 5",
            signature: "36684ea91032ba5b1dbab2d02f4debc74c3327f2b3802e2e4d371aa42b12b56b"
                + "05ba9a796274d80437afa36f1236563f2f3b0aa84cecddc3d20914615ba4fe02",
            isGood: false,
            testDescription: "270: low order A low order component R low order residue non canonical A reencoded k"
        ),
        Case(
            key: "0100000000000000000000000000000000000000000000000000000000000000",
            message: "ed25519vectors 5",
            signature: "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
                + "0000000000000000000000000000000000000000000000000000000000000000",
            isGood: false,
            testDescription: "277: low order R low order A low order component R low order residue non canonical R"
        ),
        Case(
            key: "ef75b20e7540e3dff77404193652ba2bd13df99c1508eee1515e27ae25f28076",
            message: "ed25519vectors 2",
            signature: "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
                + "a83f56d4ca92da1f056c0bbaa0cc73cb350790210431ad647415c6a71242860c",
            isGood: false,
            testDescription: "278: low order R low order component R low order residue non canonical R"
        ),
        Case(
            key: "ef75b20e7540e3dff77404193652ba2bd13df99c1508eee1515e27ae25f28076",
            message: "ed25519vectors",
            signature: "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
                + "ef1195f0610612912016b3ee33054829bcea20ae4de1e9343b1c4e2e15649003",
            isGood: false,
            testDescription: "279: low order R low order component R low order residue non canonical R reencoded k"
        ),
        Case(
            key: "0100000000000000000000000000000000000000000000000000000000000080",
            message: "ed25519vectors 2",
            signature: "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
                + "0000000000000000000000000000000000000000000000000000000000000000",
            isGood: false,
            testDescription:
                "280: low order R low order A low order component R low order residue non canonical A non canonical R"
        ),
        Case(
            key: "0100000000000000000000000000000000000000000000000000000000000000",
            message: "ed25519vectors 23",
            signature: "0100000000000000000000000000000000000000000000000000000000000000"
                + "0000000000000000000000000000000000000000000000000000000000000000",
            isGood: false,
            testDescription: "302: low order R low order A"
        ),
        Case(
            key: "0100000000000000000000000000000000000000000000000000000000000000",
            message: "ed25519vectors 5",
            signature: "b62cf890de42c413b11b1411c9f01f1c4d77aa87ef182258d1251f69af2a3506"
                + "05ba9a796274d80437afa36f1236563f2f3b0aa84cecddc3d20914615ba4fe02",
            isGood: false,
            testDescription: "303: low order A"
        ),
        Case(
            key: "ef75b20e7540e3dff77404193652ba2bd13df99c1508eee1515e27ae25f28076",
            message: "ed25519vectors 7",
            signature: "0100000000000000000000000000000000000000000000000000000000000000"
                + "330b30d6c1f07511e2208d233b6a34d4ed7109da2dea615bcd97daee3a842704",
            isGood: false,
            testDescription: "304: low order R"
        ),
        Case(
            key: "ef75b20e7540e3dff77404193652ba2bd13df99c1508eee1515e27ae25f28076",
            message: "ed25519vectors 5",
            signature: "b62cf890de42c413b11b1411c9f01f1c4d77aa87ef182258d1251f69af2a3506"
                + "40657f1cb030f12543549bbabd848dc6403d354e7c99c4d0dcee9f63c9033b00",
            isGood: true,
            testDescription: "305: "
        ),
        Case(
            key: "0100000000000000000000000000000000000000000000000000000000000080",
            message: "ed25519vectors 6",
            signature: "0100000000000000000000000000000000000000000000000000000000000000"
                + "0000000000000000000000000000000000000000000000000000000000000000",
            isGood: false,
            testDescription: "306: low order R low order A non canonical A"
        ),
        Case(
            key: "0100000000000000000000000000000000000000000000000000000000000080",
            message: "ed25519vectors 1",
            signature: "b62cf890de42c413b11b1411c9f01f1c4d77aa87ef182258d1251f69af2a3506"
                + "05ba9a796274d80437afa36f1236563f2f3b0aa84cecddc3d20914615ba4fe02",
            isGood: false,
            testDescription: "307: low order A non canonical A"
        ),
        Case(
            key: "0100000000000000000000000000000000000000000000000000000000000080",
            message: "ed25519vectors 5",
            signature: "b62cf890de42c413b11b1411c9f01f1c4d77aa87ef182258d1251f69af2a3506"
                + "05ba9a796274d80437afa36f1236563f2f3b0aa84cecddc3d20914615ba4fe02",
            isGood: false,
            testDescription: "308: low order A non canonical A reencoded k"
        ),
        Case(
            key: "0100000000000000000000000000000000000000000000000000000000000000",
            message: "ed25519vectors 4",
            signature: "0100000000000000000000000000000000000000000000000000000000000080"
                + "0000000000000000000000000000000000000000000000000000000000000000",
            isGood: false,
            testDescription: "315: low order R low order A non canonical R"
        ),
        Case(
            key: "ef75b20e7540e3dff77404193652ba2bd13df99c1508eee1515e27ae25f28076",
            message: "ed25519vectors 5",
            signature: "0100000000000000000000000000000000000000000000000000000000000080"
                + "2d32f9eeccaa31dba2ff4ab4e196b61e2ee1648073bbb5f599dcff4f7ea02900",
            isGood: false,
            testDescription: "316: low order R non canonical R"
        ),
        Case(
            key: "ef75b20e7540e3dff77404193652ba2bd13df99c1508eee1515e27ae25f28076",
            message: "ed25519vectors 7",
            signature: "0100000000000000000000000000000000000000000000000000000000000080"
                + "330b30d6c1f07511e2208d233b6a34d4ed7109da2dea615bcd97daee3a842704",
            isGood: false,
            testDescription: "317: low order R non canonical R reencoded k"
        ),
        Case(
            key: "0100000000000000000000000000000000000000000000000000000000000080",
            message: "ed25519vectors",
            signature: "0100000000000000000000000000000000000000000000000000000000000080"
                + "0000000000000000000000000000000000000000000000000000000000000000",
            isGood: false,
            testDescription: "324: low order R low order A non canonical A non canonical R"
        ),
    ]
}
