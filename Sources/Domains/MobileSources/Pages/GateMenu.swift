import Ledgers
import Web

/// The lines of this domain in the menu, in the order of an inspector's day.
enum GateMenu {
    static let items: [MenuItem] = [
        MenuItem("监管工作台", groupEN: "Supervision", "工作台", "Workbench", icon: "gauge", path: "/", permission: GatePermission.workbench, order: 10),
        MenuItem("监管工作台", groupEN: "Supervision", "实时过车", "Live passes", icon: "monitor", path: "/passes", permission: GatePermission.workbench, order: 20),
        MenuItem("监管工作台", groupEN: "Supervision", "一张图", "One map", icon: "map", path: "/map", permission: GatePermission.map, order: 30),
        MenuItem("监管工作台", groupEN: "Supervision", "企业档案", "Enterprise files", icon: "factory", path: "/enterprises", permission: GatePermission.map, order: 40),
        MenuItem("过车与统计", groupEN: "Passes and statistics", "过车查询", "Pass query", icon: "search", path: "/query", permission: GatePassEvent.ledger.readPermission, order: 110),
        MenuItem("企业自助", groupEN: "Enterprise desk", "备案查询", "Filing look-up", icon: "car", path: "/lookup", permission: GatePermission.lookup, order: 510),
        MenuItem("企业自助", groupEN: "Enterprise desk", "人工补录", "Manual entry", icon: "edit", path: "/manual-entry", permission: GatePermission.manualEntry, order: 520),
    ]
}
