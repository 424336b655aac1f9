// swift-tools-version: 6.2
import PackageDescription

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The settings every target of ours is built with: Swift 6 mode, warnings are errors, imports are private unless said.
let common: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// `ArchiveFormat` also builds as Embedded Swift for wasm32, so what Embedded Swift cannot do is an error there.
let embeddable: [SwiftSetting] = common + [.treatWarning("EmbeddedRestrictions", as: .error)]

/// GMime's own pkg-config file brings flags that SwiftPM refuses, so there is one of ours where its place is known.
#if os(Linux)
    let gmime = Context.packageDirectory + "/Sources/CGMime/gmime.pc"
#else
    let gmime = "gmime-3.0"
#endif

/// Only the helper that reads PST and OST files needs libpff: without it everything else is built.
let hasLibpff = ["/usr", "/usr/local", "/opt/homebrew", Context.environment["LIBPFF_PREFIX"] ?? "/usr"]
    .contains { access($0 + "/include/libpff.h", R_OK) == 0 }

let package = Package(
    name: "portable-archive",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "PortableArchive", targets: ["PortableArchive"]),
        .executable(name: "portable-archive", targets: ["portable-archive"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        // C libraries: a shim header and a module map each.
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CIsal", pkgConfig: "libisal", providers: [.apt(["libisal-dev"]), .brew(["isa-l"])]),
        .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
        .systemLibrary(name: "CGMime", pkgConfig: gmime, providers: [.apt(["libgmime-3.0-dev"])]),
        .systemLibrary(name: "CXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
        .target(name: "CBlake2"),
        .target(name: "CPlatform"),
        .target(name: "CSpecText", exclude: ["README.TXT"]),

        // What the tool and the process that reads PST and OST files say to each other.
        .target(name: "PstWire", swiftSettings: common),

        // The format, from bytes upwards. Arrows point downwards only.
        .target(name: "ArchiveFormat", swiftSettings: embeddable),
        .target(name: "ArchiveCrypto", dependencies: ["ArchiveFormat", "CBlake2", "CSodium"], swiftSettings: common),
        .target(name: "ArchiveCompression", dependencies: ["ArchiveFormat", "CZstd", "CZlib"], swiftSettings: common),
        .target(name: "ArchiveStorage", dependencies: ["ArchiveFormat", "CPlatform"], swiftSettings: common),
        .target(
            name: "ArchiveReader",
            dependencies: ["ArchiveFormat", "ArchiveCrypto", "ArchiveCompression", "ArchiveStorage", "MailFormats"],
            swiftSettings: common
        ),
        .target(
            name: "ArchiveWriter",
            dependencies: [
                "ArchiveFormat", "ArchiveCrypto", "ArchiveCompression", "ArchiveStorage", "ArchiveReader",
                "MailFormats", "CSpecText",
            ],
            swiftSettings: common
        ),
        .target(name: "MailFormats", swiftSettings: common),
        .target(
            name: "OutlookFormats",
            dependencies: ["MailFormats", "ArchiveFormat", "ArchiveCrypto"],
            swiftSettings: common
        ),
        .target(
            name: "MailDisplay",
            dependencies: ["CGMime", "CXML2", "MailFormats", "OutlookFormats"],
            swiftSettings: common
        ),
        .target(
            name: "ArchiveSources",
            dependencies: [
                "ArchiveFormat", "ArchiveCrypto", "ArchiveCompression", "ArchiveStorage", "ArchiveReader",
                "ArchiveWriter", "MailFormats", "OutlookFormats", "MailDisplay", "CArchive", "CIsal", "CXML2", "CZlib",
                "CPlatform", "PstWire",
            ],
            swiftSettings: common
        ),
        .target(
            name: "PortableArchive",
            dependencies: [
                "ArchiveFormat", "ArchiveCrypto", "ArchiveCompression", "ArchiveStorage", "ArchiveReader",
                "ArchiveWriter", "ArchiveSources", "MailFormats",
            ],
            swiftSettings: common + [.strictMemorySafety()]
        ),
        .target(
            name: "ArchiveCommands",
            dependencies: [
                "PortableArchive", "ArchiveFormat", "ArchiveCrypto", "ArchiveStorage", "ArchiveReader",
                "ArchiveWriter", "ArchiveSources", "MailFormats", "MailDisplay", "CArchive", "CPlatform",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: common
        ),
        .executableTarget(
            name: "portable-archive",
            dependencies: ["ArchiveCommands"],
            swiftSettings: common + [.strictMemorySafety()]
        ),

        // Tests: one target beside each room, and what they share.
        .target(
            name: "ArchiveTestSupport",
            dependencies: ["ArchiveFormat", "ArchiveStorage"],
            path: "Tests/ArchiveTestSupport",
            swiftSettings: common
        ),
        .testTarget(
            name: "ArchiveFormatTests",
            dependencies: ["ArchiveFormat", "ArchiveTestSupport"],
            swiftSettings: common
        ),
        .testTarget(
            name: "ArchiveCryptoTests",
            dependencies: ["ArchiveCrypto", "ArchiveFormat", "ArchiveTestSupport", "CBlake2"],
            swiftSettings: common
        ),
        .testTarget(
            name: "ArchiveCompressionTests",
            dependencies: ["ArchiveCompression", "ArchiveFormat", "ArchiveTestSupport"],
            swiftSettings: common
        ),
        .testTarget(
            name: "ArchiveStorageTests",
            dependencies: ["ArchiveStorage", "ArchiveTestSupport"],
            swiftSettings: common
        ),
        .testTarget(name: "MailFormatsTests", dependencies: ["MailFormats"], swiftSettings: common),
        .testTarget(
            name: "OutlookFormatsTests",
            dependencies: ["OutlookFormats", "MailFormats", "ArchiveFormat", "ArchiveTestSupport"],
            swiftSettings: common
        ),
        .testTarget(name: "MailDisplayTests", dependencies: ["MailDisplay"], swiftSettings: common),
        .testTarget(name: "VerdictModelTests", swiftSettings: common),
        .testTarget(
            name: "ArchiveTests",
            dependencies: [
                "PortableArchive", "ArchiveFormat", "ArchiveCrypto", "ArchiveCompression", "ArchiveStorage",
                "ArchiveReader", "ArchiveWriter", "ArchiveSources", "MailFormats", "ArchiveTestSupport", "CArchive",
                "MailDisplay", "OutlookFormats",
            ],
            swiftSettings: common
        ),
        .testTarget(
            name: "VectorTests",
            dependencies: [
                "ArchiveFormat", "ArchiveCrypto", "ArchiveCompression", "ArchiveStorage", "ArchiveReader",
                "ArchiveTestSupport",
            ],
            swiftSettings: common
        ),
        .testTarget(
            name: "CLITests",
            dependencies: ["ArchiveCommands", "portable-archive"],
            exclude: ["Help"],
            swiftSettings: common
        ),
    ],
    swiftLanguageModes: [.v6]
)

if hasLibpff {
    package.products.append(.executable(name: "portable-archive-pst", targets: ["portable-archive-pst"]))
    package.targets += [
        .systemLibrary(name: "CLibpff", pkgConfig: "libpff", providers: [.apt(["libpff-dev"]), .brew(["libpff"])]),
        .target(name: "CPstJail"),
        .executableTarget(
            name: "portable-archive-pst",
            dependencies: ["CLibpff", "CPstJail", "PstWire"],
            swiftSettings: common
        ),
    ]
}

// The fuzz targets build with flags of their own, so they are there only for `Tests/Fuzz/run`.
if Context.environment["FUZZ"] == "1" {
    package.targets.append(
        .executableTarget(
            name: "archive-fuzz",
            dependencies: [
                "ArchiveFormat", "ArchiveCrypto", "ArchiveStorage", "ArchiveReader", "MailFormats", "OutlookFormats",
            ],
            path: "Tests/Fuzz/Targets",
            swiftSettings: common
        )
    )
}
