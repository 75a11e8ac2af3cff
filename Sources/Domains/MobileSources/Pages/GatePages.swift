import Cryptography
import Features
import Web

/// Every page of this domain, one line each.
enum GatePages {
    static func add(to routes: Routes, gates: GateSupervision, platform: Platform) {
        let picture = GatePicture(gates: gates)
        let console = ConsolePage(gates: gates, picture: picture)
        WorkbenchPage(gates: gates, platform: platform, picture: picture, console: console).add(to: routes)
        console.add(to: routes)
        PassWallPage(gates: gates).add(to: routes)
        OneMapPage(gates: gates, picture: picture).add(to: routes)
        EnterprisePage(gates: gates, picture: picture).add(to: routes)
        PassPage(gates: gates).add(to: routes)
        PassQueryPage(gates: gates, picture: picture).add(to: routes)
        LookupPage(gates: gates).add(to: routes)
        ManualEntryPage(gates: gates).add(to: routes)
        WarningPages(gates: gates).add(to: routes)
        StrategyPages(gates: gates, platform: platform).add(to: routes)
        ExcessListPages(gates: gates).add(to: routes)
        FilingPages(gates: gates).add(to: routes)
        OwnerFilingPages(gates: gates, links: platform.keys.stableMAC(purpose: "owner-filing")).add(to: routes)
    }
}
