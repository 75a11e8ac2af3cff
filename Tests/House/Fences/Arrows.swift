/// Who may use whom (ARCHITECTURE.md). Everything here is an allowance; what is not here is a wrong arrow.
enum Arrows {
    static let layers = ["Base", "Engines", "Gateways", "Domains", "App"]

    /// Engines, lowest first: an engine may use those before it.
    static let engines = [
        "Media", "Video", "Exchange", "Identity", "Schedules", "Rules", "Logs", "Web", "Maps", "Ledgers", "Messages", "Workflows", "Alarms", "Points", "Watches", "Duty", "Search",
        "DataServices",
        "Reports", "Features",
    ]

    /// Modules of one chapter of a catalogue, lowest first: only these of the domains may use each other, downward.
    static let chapters: [[String]] = [["MobileSources", "GateOffice"]]

    /// What every layer above Base may use of it. The databases behind Storage are wired in App.
    static let openBase = ["Kernel", "Cryptography", "Storage"]

    /// Base, each with what it may use.
    static let base: [String: [String]] = [
        "Kernel": [], "Cryptography": ["Kernel"], "Storage": ["Kernel", "Cryptography"], "StorageSQLite": ["Kernel", "Cryptography", "Storage"],
        "StoragePostgres": ["Kernel", "Cryptography", "Storage"], "StorageS3": ["Kernel", "Cryptography", "Storage"],
    ]

    /// Modules of the toolchain that any file may use.
    static let system: Set<String> = ["Swift", "Foundation", "FoundationEssentials", "Synchronization", "Dispatch"]

    /// Libraries, each with the modules or layers that may use it. A new one needs a decision record.
    static let libraries: [String: [String]] = [
        "Glibc": ["Base", "App"], "COpenSSL": ["Cryptography"], "CGD": ["Media"], "CSheets": ["Exchange"], "CQR": ["Web"], "CZlib": ["Web"], "CLibpq": ["StoragePostgres"],
        "GRDB": ["StorageSQLite"],
        "GRDBSQLite": ["StorageSQLite"],
        "Logging": ["Cryptography", "Storage", "StorageSQLite", "Engines", "Gateways", "Domains", "App"],
        "NIOCore": [
            "StorageS3", "Web", "Maps", "Ledgers", "Messages", "Workflows", "Alarms", "Points", "Watches", "Duty", "Search", "DataServices", "Reports", "Features", "Gateways",
            "Domains",
            "App",
        ],
        "HTTPTypes": [
            "Web", "Maps", "Ledgers", "Messages", "Workflows", "Alarms", "Points", "Watches", "Duty", "Search", "DataServices", "Reports", "Features", "Gateways", "Domains", "App",
        ],
        "Hummingbird": [
            "Web", "Maps", "Ledgers", "Messages", "Workflows", "Alarms", "Points", "Watches", "Duty", "Search", "DataServices", "Reports", "Features", "Gateways", "Domains", "App",
        ],
        "HummingbirdCore": ["Web", "App"],
        "HummingbirdTLS": ["App"], "NIOSSL": ["Gateways", "App"], "NIOHTTPTypes": ["App"],
        "ServiceLifecycle": ["Schedules", "Features", "App"], "UnixSignals": ["App"], "ArgumentParser": ["App"], "AsyncHTTPClient": ["StorageS3", "Gateways", "App"],
        "NIOPosix": ["Gateways", "App"],
        "NIOHTTP1": ["StorageS3", "Gateways", "App"],
        "NIOFoundationCompat": ["Web", "App"],
    ]

    /// - Returns: why `module` in `layer` may not use `name`; nil when it may.
    static func objection(to name: String, in module: String, layer: String, modules: [String: String]) -> String? {
        if system.contains(name) || name == module { return nil }
        if let allowed = libraries[name] { return allowed.contains(module) || allowed.contains(layer) ? nil : "\(name) 只供 \(allowed.joined(separator: "、"))" }
        guard let target = modules[name] else { return "\(name) 未登记：新依赖要先有决策记录" }
        switch layer {
        case "Base": return base[module]?.contains(name) == true ? nil : "底座 \(module) 不得依赖 \(name)"
        case "Engines": return engineObjection(to: name, target: target, in: module)
        case "Domains" where target == "Domains": return isBelow(name, module) ? nil : "\(layer) 不得依赖 \(target)/\(name)"
        case "Gateways", "Domains": return openBase.contains(name) || target == "Engines" ? nil : "\(layer) 不得依赖 \(target)/\(name)"
        case "App": return nil
        default: return "未知的层 \(layer)"
        }
    }

    private static func isBelow(_ name: String, _ module: String) -> Bool {
        chapters.contains { chapter in
            guard let own = chapter.firstIndex(of: module), let other = chapter.firstIndex(of: name) else { return false }
            return other < own
        }
    }

    private static func engineObjection(to name: String, target: String, in module: String) -> String? {
        if openBase.contains(name) { return nil }
        guard target == "Engines", let own = engines.firstIndex(of: module), let other = engines.firstIndex(of: name) else { return "引擎 \(module) 不得依赖 \(target)/\(name)" }
        return other < own ? nil : "引擎 \(module) 只能向下依赖，\(name) 在它之上"
    }
}
