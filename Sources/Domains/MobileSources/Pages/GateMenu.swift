import Ledgers
import Web
import Workflows

/// The lines of this domain in the menu, in the order of an inspector's day.
enum GateMenu {
    static let items: [MenuItem] = [
        MenuItem("监管工作台", groupEN: "Supervision", "工作台", "Workbench", icon: "gauge", path: "/", permission: GatePermission.workbench, order: 10),
        MenuItem("监管工作台", groupEN: "Supervision", "实时过车", "Live passes", icon: "monitor", path: "/passes", permission: GatePermission.workbench, order: 20),
        MenuItem("监管工作台", groupEN: "Supervision", "一张图", "One map", icon: "map", path: "/map", permission: GatePermission.map, order: 30),
        MenuItem("监管工作台", groupEN: "Supervision", "一企一档", "Enterprise files", icon: "factory", path: "/enterprises", permission: GatePermission.map, order: 40),
        MenuItem("过车与统计", groupEN: "Passes and statistics", "快捷查询", "Ready questions", icon: "search", path: "/query", permission: GatePassEvent.ledger.readPermission, order: 110),
        MenuItem("企业自助", groupEN: "Enterprise desk", "门前备案查询", "Filing look-up", icon: "car", path: "/lookup", permission: GatePermission.lookup, order: 510),
        MenuItem("企业自助", groupEN: "Enterprise desk", "人工补录", "Manual entry", icon: "edit", path: "/manual-entry", permission: GatePermission.manualEntry, order: 520),
        MenuItem(
            "企业自助", groupEN: "Enterprise desk", "车主扫码备案", "Owners' filings", icon: "camera", path: "/owner-code", permission: RegisteredVehicle.ledger.readPermission, order: 515),
        MenuItem("管控", groupEN: "Control", "预警响应", "Warnings", icon: "siren", path: "/warnings", permission: WarningPeriod.ledger.readPermission, order: 200),
        MenuItem("管控", groupEN: "Control", "管控策略", "Strategies", icon: "sliders", path: "/strategies", permission: ControlStrategy.ledger.readPermission, order: 210),
        MenuItem("管控", groupEN: "Control", "排放超标车辆名单", "Excess list", icon: "ban", path: "/excess-list", permission: ExcessEmissionList.ledger.readPermission, order: 220),
        MenuItem("管控", groupEN: "Control", "备案审核", "Filings", icon: "clipboard", path: "/filings", permission: GatePermission.filing, order: 230),
        MenuItem(
            "路检路查", groupEN: "Roadside", "路检路查统计", "Roadside statistics", icon: "chart", path: "/roadside-statistics", permission: RoadsideInspection.ledger.readPermission,
            order: 360),
        MenuItem("监测报警", groupEN: "Alarms", "复议统计", "Reconsiderations", icon: "chart", path: "/reconsideration-statistics", permission: WorkflowPermission.read, order: 690),
    ]

    /// Ledgers whose own lines would stand beside a page that does more.
    static let replaced: [String] = [ControlStrategy.ledger.name, ExcessEmissionList.ledger.name, WarningPeriod.ledger.name, MaintenanceUnit.ledger.name]

    /// What this domain writes into the audit book beside its ledgers.
    static let auditTitles: [String: String] = ["gateToken": "门禁令牌", "gateSetting": "门禁监管设置", "clientKey": "接口密钥"]
}
