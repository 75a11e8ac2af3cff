import Ledgers

/// What this domain adds to the generated pages of its ledgers.
enum GateAdditions {
    static let all: [LedgerAdditions] = [passes, enterprises]

    private static let passes = LedgerAdditions(
        GatePassEvent.ledger.name,
        rowActions: [LedgerRowAction("过车详情", "Details", icon: "eye", permission: GatePassEvent.ledger.readPermission) { record in "/passes/\(record.id)" }],
        listActions: [LedgerListAction("常用查询", "Ready questions", icon: "search", path: "/query", permission: GatePassEvent.ledger.readPermission)])

    private static let enterprises = LedgerAdditions(
        Enterprise.ledger.name,
        rowActions: [LedgerRowAction("一企一档", "File", icon: "factory", permission: Enterprise.ledger.readPermission) { record in "/enterprises/\(record.id)" }])
}
