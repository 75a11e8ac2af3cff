// swift-tools-version: 6.2
// swift-format-ignore-file
import PackageDescription

// One line a module; arrows point downward only (Tests/Fences reads the imports and fails on a wrong one).
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

// Suites are compiled as they stand: optimizing what runs once would take longer than running it.
let unhurried: [SwiftSetting] = [.unsafeFlags(["-Onone"])]

let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")

func module(_ name: String, in folder: String, uses: [Target.Dependency] = [], without: [String] = []) -> Target {
    .target(name: name, dependencies: uses, path: "Sources/\(folder)/\(name)", exclude: without, swiftSettings: strict)
}

func suite(_ name: String, in folder: String, tests: [Target.Dependency]) -> Target {
    .testTarget(name: "\(name)Tests", dependencies: tests, path: "Tests/\(folder)/\(name)", swiftSettings: strict + unhurried)
}

let package = Package(
    name: "jianwei",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "jianwei", targets: ["jianwei"])],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.20.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.30.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    ],
    targets: [
        // System libraries
        .systemLibrary(name: "COpenSSL", path: "Sources/Base/COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CGD", path: "Sources/Engines/CGD", pkgConfig: "gdlib", providers: [.apt(["libgd-dev"])]),
        .systemLibrary(name: "CSheets", path: "Sources/Engines/CSheets", pkgConfig: "minizip", providers: [.apt(["libminizip-dev", "libxlsxwriter-dev", "libexpat1-dev"])]),

        .systemLibrary(name: "CQR", path: "Sources/Engines/CQR", pkgConfig: "libqrencode", providers: [.apt(["libqrencode-dev"])]),
        .systemLibrary(name: "CZlib", path: "Sources/Engines/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        // Base
        module("Kernel", in: "Base"),
        module("Cryptography", in: "Base", uses: ["Kernel", "COpenSSL"]),
        module("Storage", in: "Base", uses: ["Kernel", "Cryptography", logging]),
        module("StorageSQLite", in: "Base", uses: ["Kernel", "Storage", logging, .product(name: "GRDB", package: "GRDB.swift"), .product(name: "GRDBSQLite", package: "GRDB.swift")]),

        .systemLibrary(name: "CLibpq", path: "Sources/Base/CLibpq", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        module("StoragePostgres", in: "Base", uses: ["Kernel", "Storage", "CLibpq"]),

        module("StorageS3", in: "Base", uses: ["Kernel", "Cryptography", "Storage", nio, .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "AsyncHTTPClient", package: "async-http-client")]),

        // Engines, lowest first
        module("Media", in: "Engines", uses: ["Kernel", "Cryptography", "Storage", "CGD"]),
        module("Video", in: "Engines", uses: ["Kernel", "Media", logging]),
        module("Exchange", in: "Engines", uses: ["Kernel", "Cryptography", "Storage", "CSheets"]),
        module("Identity", in: "Engines", uses: ["Kernel", "Cryptography", "Storage", logging]),
        module("Schedules", in: "Engines", uses: ["Kernel", "Storage", "Identity", logging, .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")]),
        module("Rules", in: "Engines", uses: ["Kernel", "Storage"]),
        module("Logs", in: "Engines", uses: ["Kernel", "Storage", "Exchange", "Identity", "Schedules"]),
        module("Web", in: "Engines", uses: ["CQR", "CZlib", "Kernel", "Cryptography", "Storage", "Media", "Exchange", "Identity", "Schedules", logging, nio, hummingbird], without: ["Static"]),
        module("Maps", in: "Engines", uses: ["Kernel", "Web"]),
        module("Ledgers", in: "Engines", uses: ["Kernel", "Cryptography", "Storage", "Media", "Exchange", "Identity", "Schedules", "Rules", "Web", "Maps", logging, nio, hummingbird]),
        module("Messages", in: "Engines", uses: ["Kernel", "Cryptography", "Storage", "Exchange", "Identity", "Schedules", "Web", "Ledgers", logging, nio, hummingbird]),
        module("Workflows", in: "Engines", uses: ["Kernel", "Cryptography", "Storage", "Media", "Exchange", "Identity", "Schedules", "Rules", "Web", "Ledgers", logging, nio, hummingbird]),
        module("Alarms", in: "Engines", uses: ["Kernel", "Cryptography", "Storage", "Media", "Exchange", "Identity", "Schedules", "Rules", "Web", "Ledgers", "Messages", "Workflows", logging, nio, hummingbird]),
        module("Points", in: "Engines", uses: ["Kernel", "Storage", "Exchange", "Identity", "Schedules", "Web", "Ledgers", "Alarms", hummingbird]),
        module("Watches", in: "Engines", uses: ["Kernel", "Storage", "Identity", "Schedules", "Rules", "Web", "Messages", "Alarms", hummingbird]),
        module("Duty", in: "Engines", uses: ["Kernel", "Cryptography", "Storage", "Exchange", "Identity", "Schedules", "Web", "Ledgers", "Messages", "Workflows", "Alarms", logging, nio, hummingbird]),
        module("Search", in: "Engines", uses: ["Kernel", "Cryptography", "Storage", "Identity", "Schedules", "Web", "Ledgers", "Messages", "Workflows", "Alarms", nio, hummingbird]),
        module("DataServices", in: "Engines", uses: ["Kernel", "Cryptography", "Storage", "Exchange", "Identity", "Rules", "Web", "Ledgers", "Workflows", nio, hummingbird]),
        module("Reports", in: "Engines", uses: ["Kernel", "Cryptography", "Storage", "Media", "Exchange", "Identity", "Schedules", "Web", "Maps", "Ledgers", "Messages", "Workflows", "Alarms", logging, nio, hummingbird]),
        module("Features", in: "Engines", uses: ["Kernel", "Cryptography", "Storage", "Media", "Exchange", "Identity", "Schedules", "Rules", "Logs", "Web", "Maps", "Ledgers", "Messages", "Workflows", "Alarms", "Points", "Watches", "Duty", "Search", "DataServices", "Reports", logging, nio, hummingbird, .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")]),

        // Gateways
        module("HJ1321", in: "Gateways", uses: ["Kernel", "Cryptography", "Storage", "Media", "Exchange", "Identity", "Web", logging, nio, hummingbird]),

        module("SMTP", in: "Gateways", uses: ["Kernel", "Cryptography", "Messages", nio, .product(name: "NIOPosix", package: "swift-nio"), .product(name: "NIOSSL", package: "swift-nio-ssl")]),

        module("Syslog", in: "Gateways", uses: ["Kernel", "Logs", logging, nio, .product(name: "NIOPosix", package: "swift-nio"), .product(name: "NIOSSL", package: "swift-nio-ssl")]),

        // Domains
        module("MobileSources", in: "Domains", uses: ["Kernel", "Cryptography", "Storage", "Media", "Exchange", "Identity", "Schedules", "Rules", "Web", "Maps", "Ledgers", "Messages", "Workflows", "Alarms", "Duty", "Reports", "Features", logging, nio, hummingbird]),

        module("GateOffice", in: "Domains", uses: ["Watches", "Kernel", "Cryptography", "Storage", "Media", "Exchange", "Identity", "Schedules", "Rules", "Web", "Maps", "Ledgers", "Messages", "Workflows", "Alarms", "Duty", "Reports", "Features", "MobileSources", logging, nio, hummingbird]),

        module("Operations", in: "Domains", uses: ["Kernel", "Cryptography", "Storage", "Media", "Exchange", "Identity", "Schedules", "Web", "Ledgers", "Messages", "Workflows", "Alarms", "Duty", "Features", nio, hummingbird]),

        module("GridSupervision", in: "Domains", uses: ["Kernel", "Cryptography", "Storage", "Identity", "Schedules", "Web", "Maps", "Ledgers", "Features", hummingbird]),

        module("TransportEnforcement", in: "Domains", uses: ["Kernel", "Cryptography", "Storage", "Media", "Exchange", "Identity", "Schedules", "Rules", "Web", "Maps", "Ledgers", "Messages", "Workflows", "Alarms", "Reports", "Features", hummingbird]),

        module("RoadChiefs", in: "Domains", uses: ["Kernel", "Cryptography", "Storage", "Media", "Exchange", "Identity", "Schedules", "Web", "Maps", "Ledgers", "Messages", "Workflows", "Features", hummingbird]),

        module("ParkSafety", in: "Domains", uses: ["Kernel", "Identity", "Ledgers", "Alarms", "Features"]),

        module("Sensing", in: "Domains", uses: ["Kernel", "Storage", "Identity", "Schedules", "Web", "Ledgers", "Alarms", "Points", "Features", hummingbird]),

        module("VideoSurveillance", in: "Domains", uses: ["Kernel", "Cryptography", "Storage", "Media", "Video", "Identity", "Schedules", "Web", "Maps", "Ledgers", "Alarms", "Reports", "Search", "Features", logging, nio, hummingbird]),

        module("Security", in: "Domains", uses: ["Rules", "Watches", "Kernel", "Cryptography", "Storage", "Media", "Exchange", "Identity", "Schedules", "Logs", "Web", "Ledgers", "Messages", "Workflows", "Alarms", "Reports", "Features", logging, nio, hummingbird]),

        // App
        module("Schema", in: "App", uses: ["Kernel", "Cryptography", "Storage"]),
        .executableTarget(
            name: "jianwei",
            dependencies: [
                "Kernel", "Cryptography", "Storage", "StorageSQLite", "StoragePostgres", "StorageS3", "Media", "Video", "Exchange", "Identity", "Schedules", "Rules", "Logs", "Web", "Maps", "Ledgers", "Messages", "Workflows", "Alarms", "Points", "Watches", "Duty", "Search", "DataServices", "Reports", "Features",
                "Schema", "HJ1321", "SMTP", "Syslog", "MobileSources", "GateOffice", "GridSupervision", "Operations", "ParkSafety", "RoadChiefs", "Security", "Sensing", "TransportEnforcement", "VideoSurveillance", logging, nio, hummingbird,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"), .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "HummingbirdCore", package: "hummingbird"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            path: "Sources/App/Jianwei",
            swiftSettings: strict
        ),

        // Suites mirror the sources; each runs on the database that TestDatabases opens
        .target(name: "TestDatabases", dependencies: ["Kernel", "Storage", "StorageSQLite", "StoragePostgres"], path: "Tests/Support/TestDatabases", swiftSettings: strict),
        suite("Kernel", in: "Base", tests: ["Kernel"]),
        suite("Cryptography", in: "Base", tests: ["Kernel", "Cryptography"]),
        suite("Storage", in: "Base", tests: ["Kernel", "Cryptography", "Storage", "StorageSQLite", "StoragePostgres", "StorageS3", "TestDatabases"]),
        suite("Media", in: "Engines", tests: ["Kernel", "Storage", "TestDatabases", "Media", "Cryptography"]),
        suite("Video", in: "Engines", tests: ["Kernel", "Video"]),
        suite("Exchange", in: "Engines", tests: ["Kernel", "Storage", "TestDatabases", "Exchange", "Cryptography"]),
        suite("Identity", in: "Engines", tests: ["Kernel", "Storage", "TestDatabases", "Identity", "Cryptography"]),
        suite("Schedules", in: "Engines", tests: ["Kernel", "Storage", "TestDatabases", "Identity", "Schedules", logging, .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")]),
        suite("Rules", in: "Engines", tests: ["Kernel", "Storage", "TestDatabases", "Rules"]),
        suite("Logs", in: "Engines", tests: ["Kernel", "Storage", "TestDatabases", "Identity", "Schedules", "Logs", "Syslog", logging]),
        suite("Web", in: "Engines", tests: ["Kernel", "Cryptography", "Storage", "TestDatabases", "Identity", "Web", hummingbird, .product(name: "HummingbirdTesting", package: "hummingbird")]),
        suite("Maps", in: "Engines", tests: ["Kernel", "Web", "Maps"]),
        suite("Ledgers", in: "Engines", tests: ["Kernel", "Cryptography", "Storage", "TestDatabases", "Media", "Exchange", "Identity", "Schedules", "Rules", "Web", "Ledgers", logging, hummingbird, .product(name: "HummingbirdTesting", package: "hummingbird")]),
        suite("Messages", in: "Engines", tests: ["Kernel", "Cryptography", "Storage", "TestDatabases", "Identity", "Schedules", "Web", "Messages", logging, nio, hummingbird, .product(name: "HummingbirdTesting", package: "hummingbird")]),
        suite("Workflows", in: "Engines", tests: ["Kernel", "Cryptography", "Storage", "TestDatabases", "Media", "Exchange", "Identity", "Schedules", "Rules", "Web", "Ledgers", "Workflows", logging, hummingbird, .product(name: "HummingbirdTesting", package: "hummingbird")]),
        suite("Alarms", in: "Engines", tests: ["Kernel", "Cryptography", "Storage", "TestDatabases", "Media", "Exchange", "Identity", "Schedules", "Rules", "Web", "Ledgers", "Messages", "Workflows", "Alarms", logging, hummingbird, .product(name: "HummingbirdTesting", package: "hummingbird")]),
        suite("Points", in: "Engines", tests: ["Kernel", "Cryptography", "Storage", "TestDatabases", "Identity", "Schedules", "Web", "Ledgers", "Alarms", "Points", hummingbird, .product(name: "HummingbirdTesting", package: "hummingbird")]),
        suite("Duty", in: "Engines", tests: ["Kernel", "Cryptography", "Storage", "TestDatabases", "Media", "Exchange", "Identity", "Schedules", "Rules", "Web", "Ledgers", "Messages", "Workflows", "Alarms", "Duty", logging, hummingbird, .product(name: "HummingbirdTesting", package: "hummingbird")]),
        suite("Reports", in: "Engines", tests: ["Kernel", "Cryptography", "Storage", "TestDatabases", "Media", "Exchange", "Identity", "Schedules", "Rules", "Web", "Maps", "Ledgers", "Messages", "Workflows", "Alarms", "Reports", logging, hummingbird, .product(name: "HummingbirdTesting", package: "hummingbird")]),
        suite("Features", in: "Engines", tests: ["Kernel", "Cryptography", "Storage", "TestDatabases", "Media", "Exchange", "Identity", "Schedules", "Rules", "Web", "Maps", "Ledgers", "Messages", "Workflows", "Alarms", "Duty", "Search", "DataServices", "Reports", "Features", "Operations", "ParkSafety", hummingbird, .product(name: "HummingbirdTesting", package: "hummingbird")]),
        suite("MobileSources", in: "Domains", tests: ["Watches", "Kernel", "Cryptography", "Storage", "TestDatabases", "Media", "Exchange", "Identity", "Schedules", "Rules", "Web", "Maps", "Ledgers", "Messages", "Workflows", "Alarms", "Duty", "Search", "Reports", "Features", "HJ1321", "MobileSources", "GateOffice", "GridSupervision", "Operations", "ParkSafety", "RoadChiefs", "Security", "TransportEnforcement", "VideoSurveillance", "Video", logging, hummingbird, .product(name: "HummingbirdTesting", package: "hummingbird")]),
        suite("TransportEnforcement", in: "Domains", tests: ["Kernel", "Cryptography", "Storage", "TestDatabases", "Media", "Exchange", "Identity", "Schedules", "Rules", "Web", "Maps", "Ledgers", "Messages", "Workflows", "Alarms", "Reports", "Features", "GridSupervision", "TransportEnforcement", logging, nio, hummingbird, .product(name: "HummingbirdTesting", package: "hummingbird")]),
        suite("Security", in: "Domains", tests: ["Rules", "Watches", "Kernel", "Cryptography", "Storage", "TestDatabases", "Media", "Exchange", "Identity", "Schedules", "Logs", "Web", "Ledgers", "Messages", "Workflows", "Alarms", "Reports", "Features", "Security", logging, nio, hummingbird, .product(name: "HummingbirdTesting", package: "hummingbird")]),
        suite("RoadChiefs", in: "Domains", tests: ["Kernel", "Cryptography", "Storage", "TestDatabases", "Media", "Identity", "Schedules", "Web", "Maps", "Ledgers", "Messages", "Workflows", "Alarms", "Features", "RoadChiefs", logging, hummingbird, .product(name: "HummingbirdTesting", package: "hummingbird")]),
        suite("Fences", in: "House", tests: []),
    ]
)
