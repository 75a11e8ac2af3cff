import Alarms
import Identity
import Ledgers

/// D2.6 到期预警: dates of catalogue A's ledgers that are watched from the start; an administrator changes them on their page.
enum GateExpiries {
    private static let enterprise = "role:\(BuiltInRole.enterpriseAdmin.rawValue)", city = "role:\(BuiltInRole.city.rawValue)"

    static let all = [
        ExpiryRule(
            "internalVehicleValid", "内部车辆备案有效期", ledger: InternalVehicle.ledger.name, field: "validUntil", stages: [30, 7, 0], receivers: [enterprise], raisesAlarm: false),
        ExpiryRule("maintenanceUnitValid", "运维单位授权有效期", ledger: MaintenanceUnit.ledger.name, field: "validTo", stages: [30, 15, 0], receivers: [city], raisesAlarm: true),
    ]
}
