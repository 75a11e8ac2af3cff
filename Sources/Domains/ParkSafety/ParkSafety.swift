import Alarms
import Features
import Identity
import Ledgers

/// Catalogue D2.6 到期预警场景 and the ledgers whose dates it watches (D1.2, D1.4, D1.5, D2.9, D3, D6): what a chemical park keeps of permits, certificates, inspections, reports, drills and plans.
package enum ParkSafety {
    package static let feature = Feature(
        name: "parkSafety", title: "园区安全", ledgers: ledgers, dictionaries: ParkCodes.dictionaries, grants: grants,
        prepare: { platform in platform.expiries.declare(ParkExpiries.all) })

    package static let ledgers: [LedgerDeclaration] = [
        EnterpriseLicence.ledger, PersonCertificate.ledger, SpecialEquipment.ledger, HazardReport.ledger, MajorHiddenDanger.ledger, DrillPlan.ledger, EmergencyPlanFiling.ledger,
        FireFacility.ledger,
    ]

    /// The menu's group of all of them.
    static let group = "园区安全"

    /// The enterprise writes its record, the park and the authorities read it (D1, 园企互通).
    private static let grants: [LedgerGrant] = [
        LedgerGrant(ledgers.map(\.name), [.read], to: [.gridOfficer]),
        LedgerGrant(ledgers.map(\.name), [.read, .export], to: [.city, .county]),
        LedgerGrant(ledgers.map(\.name), [.write, .delete, .import, .reveal], to: [.city]),
        LedgerGrant([MajorHiddenDanger.ledger.name], [.write], to: [.county]),
        LedgerGrant(ledgers.map(\.name), [.read, .write, .delete, .import, .export, .reveal], to: [.enterpriseAdmin]),
    ]
}
