import Identity

/// What somebody may do with one ledger; the permission is `{ledger}.{right}`. Nothing is given by default.
package enum LedgerRight: String, Sendable, CaseIterable {
    case read, write, delete, `import`, export
    /// See personal fields unmasked; every look is audited.
    case reveal

    package var title: String {
        switch self {
        case .read: "查看"
        case .write: "新增与修改"
        case .delete: "删除与恢复"
        case .import: "导入"
        case .export: "导出"
        case .reveal: "查看个人信息原文"
        }
    }

    package var titleEN: String {
        switch self {
        case .read: "Read"
        case .write: "Write"
        case .delete: "Delete and restore"
        case .import: "Import"
        case .export: "Export"
        case .reveal: "Reveal personal fields"
        }
    }

    /// `onSiteVehicle.read`.
    package func permission(on ledger: String) -> String { "\(ledger).\(rawValue)" }

    /// Whether the right means anything for this ledger: nobody writes, deletes or imports what the program alone writes.
    package func applies(to ledger: LedgerDeclaration) -> Bool {
        switch self {
        case .read, .export: true
        case .write, .delete, .import: !ledger.isReadOnly
        case .reveal: ledger.fields.contains { $0.marks.contains(.personal) }
        }
    }
}
