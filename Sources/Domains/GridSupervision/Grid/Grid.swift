import Ledgers

/// B1.3.1、B2.2.1 网格管理: one row is one grid of the tree of grids, with what stands in it and who looks after it.
///
/// A view over the tree, which is kept at /admin/units; outlines are drawn at /grids. Source: requirements/B-transport.md B1.3.1.
package enum Grid {
    package static let ledger = LedgerDeclaration(
        id: "B1.3.1", name: "grid", title: "网格台账", titleEN: "Grids", group: GridSupervision.group, ownedBy: .authority, titleField: "name",
        sortedBy: [LedgerDeclaration.Sort("level"), LedgerDeclaration.Sort("code")], isReadOnly: true,
        view: """
            SELECT u.id, u.org, u.area, 1 AS version, u.created_at, 0 AS created_by, u.updated_at, 0 AS updated_by,
                CASE WHEN u.state = 'active' THEN NULL ELSE u.updated_at END AS deleted_at, u.code, u.name, CASE WHEN u.depth > 2 THEN '3' WHEN u.depth = 2 THEN '2' ELSE '1' END AS level,
                p.name AS parent_name, l.hectares,
                (SELECT count(*) FROM unit_members m WHERE m.unit_id = u.id) AS officers,
                (SELECT count(*) FROM unit_subjects s WHERE s.unit_id = u.id AND s.way <> 'keptOut') AS subjects
            FROM units u LEFT JOIN units p ON p.id = u.parent LEFT JOIN unit_outlines l ON l.unit_id = u.id WHERE u.tree = 'grid'
            """,
        fields: [
            .text("code", "网格编号", marks: [.searchable, .filterable, .sortable]), .text("name", "网格名称", marks: [.searchable, .sortable]),
            .code("level", "级别", from: .gridLevel, marks: [.filterable, .groupable, .sortable]), .text("parentName", "上级网格", marks: [.searchable]),
            .decimal("hectares", "面积", places: 1, unit: "公顷", marks: [.sortable, .summable]), .integer("officers", "人员", unit: "人", marks: [.sortable, .summable]),
            .integer("subjects", "直接归属的主体", unit: "家", marks: [.sortable, .summable]),
        ])

    static let addition = LedgerAdditions(
        ledger.name,
        rowActions: [LedgerRowAction("地图", "Map", icon: "map", permission: ledger.readPermission) { "/grids/\($0.id)" }],
        listActions: [LedgerListAction("网格地图", "Map of grids", icon: "map", path: "/grids", permission: ledger.readPermission)])
}
