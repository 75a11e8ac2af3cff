import Features
import Web

/// Every page of this domain, one line each.
enum GatePages {
    static func add(to routes: Routes, gates: GateSupervision, platform: Platform) {
        WorkbenchPage(gates: gates, platform: platform).add(to: routes)
    }
}
