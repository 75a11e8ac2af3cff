import Web

/// How the lines of all features stand together: few groups that fold, in the order of a working day, each line where an official looks for it.
///
/// Features name a group for each of their lines; the plan gathers those groups and, where a group is long, puts headings into it. A line that no section takes keeps its own
/// group, behind the others, so nothing gets lost.
enum MenuPlan {
    struct Section: Sendable {
        var title: String
        var titleEN: String
        /// Lines by their path, in this order.
        var paths: [String] = []
        /// What else features put into these groups.
        var groups: [String] = []
    }

    struct Group: Sendable {
        var title: String
        var titleEN: String
        var icon: String
        var sections: [Section]
    }

    private static func ledger(_ name: String) -> String { "/ledgers/" + name }

    static let groups: [Group] = [
        Group(title: "监管工作台", titleEN: "Supervision", icon: "dashboard", sections: [Section(title: "", titleEN: "", groups: ["监管工作台"])]),
        Group(
            title: "事项与消息", titleEN: "Work and messages", icon: "inbox",
            sections: [
                Section(title: "", titleEN: "", paths: ["/work", "/work/new", "/approvals", "/messages", "/notices", "/chat", "/work/delegations", "/tasks"], groups: ["事项办理"])
            ]),
        Group(title: "过车与统计", titleEN: "Passes and statistics", icon: "truck", sections: [Section(title: "", titleEN: "", groups: ["过车与统计"])]),
        Group(title: "管控执法", titleEN: "Control", icon: "shield", sections: [Section(title: "", titleEN: "", groups: ["管控", "路检路查"])]),
        Group(
            title: "监测报警", titleEN: "Alarms", icon: "siren",
            sections: [
                Section(
                    title: "", titleEN: "",
                    paths: ["/alarms", "/alarms/wall", "/expiry-warnings", "/alarms/statistics", "/alarms/quality", "/reconsideration-statistics"], groups: ["监测报警"]),
                Section(
                    title: "监测感知", titleEN: "Monitoring",
                    paths: ["/points", "/points/analysis", ledger("monitoringDevice"), ledger("monitoringPoint"), "/points/sources"], groups: ["监测点"]),
                Section(title: "规则", titleEN: "Rules", paths: ["/own-rules", "/alarm-suppressions", "/alarm-schemes", "/alarm-push-rules", "/expiry-rules"]),
            ]),
        Group(
            title: "视频监控", titleEN: "Video", icon: "video",
            sections: [
                Section(
                    title: "", titleEN: "", paths: ["/cameras", "/camera-walls", ledger("videoCamera"), ledger("cameraCapture"), ledger("cameraView"), "/video-settings"],
                    groups: ["视频监控"])
            ]),
        Group(title: "监督执法", titleEN: "Inspection and enforcement", icon: "scale", sections: enforcement),
        Group(title: "网格监管", titleEN: "Grids", icon: "map", sections: [Section(title: "", titleEN: "", groups: ["网格监管"])]),
        Group(title: "路长制", titleEN: "Road chiefs", icon: "road", sections: roads),
        Group(
            title: "企业与车辆", titleEN: "Enterprises and vehicles", icon: "factory",
            sections: [
                Section(title: "", titleEN: "", groups: ["企业自助", "运维单位"]), Section(title: "企业与门禁", titleEN: "Enterprises and gates", groups: ["企业与门禁"]),
                Section(title: "车辆与机械", titleEN: "Vehicles and machines", groups: ["车辆与机械台账"]),
            ]),
        Group(title: "统计报表", titleEN: "Reports", icon: "chart", sections: [Section(title: "", titleEN: "", groups: ["统计报表"])]),
        Group(
            title: "值班与办公", titleEN: "Duty and office", icon: "phone",
            sections: [
                Section(title: "值班值守", titleEN: "Duty", groups: ["值班值守"]), Section(title: "值班设置", titleEN: "Duty settings", paths: ["/duty/groups", "/duty/shifts"]),
                Section(title: "日常办公", titleEN: "Office", groups: ["日常管理"]),
            ]),
        Group(title: "园区安全", titleEN: "Park safety", icon: "flame", sections: [Section(title: "", titleEN: "", groups: ["园区安全"])]),
        Group(title: "信息安全", titleEN: "Information security", icon: "lock", sections: security),
        Group(title: "系统管理", titleEN: "System", icon: "settings", sections: system),
    ]

    private static let enforcement: [Section] = [
        Section(
            title: "监督检查", titleEN: "Inspection",
            paths: [
                "/m/field", ledger("transportSubject"), ledger("pendingInspection"), ledger("inspectionRecord"), ledger("inspectionCampaign"), "/inspection/draws",
                ledger("fieldTask"), "/inspection/statistics",
            ],
            groups: ["监督检查"]),
        Section(title: "执法办案", titleEN: "Enforcement", paths: ["/enforcement/subjects", ledger("enforcementCase"), "/enforcement/statistics"], groups: ["执法办案"]),
        Section(title: "人员与轨迹", titleEN: "People", paths: ["/inspection/tracks", ledger("fieldCheckin"), ledger("fieldLog"), ledger("itemBinding")]),
        Section(
            title: "设置", titleEN: "Settings",
            paths: [ledger("transportIndustry"), ledger("inspectionItem"), ledger("caseCategory"), ledger("enforcementMeasure")]),
    ]

    private static let roads: [Section] = [
        Section(
            title: "", titleEN: "",
            paths: ["/road-work", "/road-map", "/road-query", ledger("roadTask"), ledger("roadProblem"), ledger("roadEmergency"), ledger("roadAppeal"), ledger("bonusItem")],
            groups: ["路长制"]),
        Section(
            title: "巡查与考核", titleEN: "Patrols and appraisal",
            paths: [ledger("patrolRound"), ledger("roadPatrol"), "/road-appraisal", ledger("dailyAppraisal"), ledger("roadScore"), ledger("roadScoreLine"), "/road-statistics"]),
        Section(
            title: "基础台账", titleEN: "Registers",
            paths: [
                ledger("road"), ledger("roadChief"), "/road-contacts", ledger("responsibleUnit"), ledger("problemCategory"), ledger("problemSource"), ledger("appraisalRule"),
                ledger("roadParameter"),
            ]),
    ]

    private static let security: [Section] = [
        Section(
            title: "态势与事件", titleEN: "Posture and events",
            paths: [
                "/security/posture", ledger("securityEvent"), "/security/blocks", "/security/uploads", "/security/integrity", ledger("rogueAccess"), "/security/conduct",
                "/security/audit-rules",
                "/security/audit-guard",
                "/security/audit-reports", ledger("malwareIncident"),
                ledger("deviceAdmission"),
            ]),
        Section(title: "日志", titleEN: "Logs", paths: ["/security/logs", "/security/log-sources", "/security/log-rules"]),
        Section(
            title: "资产与弱点", titleEN: "Assets and weaknesses",
            paths: [
                ledger("admittedDevice"), ledger("terminalGuardCheck"), ledger("securityAsset"), ledger("securityDevice"), ledger("weakness"), ledger("backupMedium"),
                ledger("mediumMove"), ledger("supplyChainRecord"),
            ]),
        Section(
            title: "密钥与密码", titleEN: "Keys and cryptography",
            paths: [
                "/security/keys", "/security/crypto", ledger("securityCertificate"), "/security/revocations", "/security/misuse", ledger("cryptoAssessment"),
                ledger("cryptoGovernance"),
            ], groups: ["安全管理"]),
        Section(
            title: "制度与人员", titleEN: "Rules and people",
            paths: [
                ledger("securityPolicy"), ledger("securityOrg"), ledger("personnelSecurity"), ledger("confidentialityRecord"), ledger("personalDataRegistry"),
                ledger("dataClassification"),
                ledger("documentRegister"), ledger("recordAccess"),
                ledger("gradingRecord"),
                ledger("securityContingency"),
            ]),
    ]

    private static let system: [Section] = [
        Section(
            title: "用户与权限", titleEN: "People and rights",
            paths: [
                "/admin/users", "/admin/groups", ledger("personFile"), "/admin/organisations", "/admin/units", "/admin/tenants", "/admin/roles", "/admin/resources",
                "/admin/limits", "/admin/bounds", "/admin/explain",
                "/admin/reviews",
                "/admin/presence", "/admin/approval-flows", "/admin/data-levels", "/admin/policy", "/admin/form-waits",
                "/admin/terminals",
                "/admin/providers",
            ]),
        Section(
            title: "业务设置", titleEN: "Settings",
            paths: [
                "/gate-settings", "/admin/configuration", "/workflows", "/designer", "/message-rules", "/message-deliveries", "/message-statistics", "/push-devices",
                "/admin/applications",
            ]),
        Section(title: "数据服务", titleEN: "Data services", groups: ["数据服务"]),
        Section(
            title: "运行与审计", titleEN: "Running and audit",
            paths: ["/audit", "/admin/jobs", "/admin/nodes", "/admin/service-quality", "/admin/backups", "/admin/database", "/admin/files", "/retention", "/search-index"],
            groups: ["系统"]),
    ]

    /// The same lines, each with its group, heading and order by the plan.
    static func arranged(_ items: [MenuItem]) -> [MenuItem] {
        items.map { item in
            var item = item
            guard let place = place(of: item) else {
                item.order += groups.count * 1_000_000
                return item
            }
            let group = groups[place.group], section = group.sections[place.section]
            item.group = group.title
            item.groupEN = group.titleEN
            item.groupIcon = group.icon
            item.section = section.title
            item.sectionEN = section.titleEN
            // Lines that are named come first, the others as their features ordered them.
            let rank = section.paths.firstIndex(of: item.path) ?? 1_000 + min(max(item.order, 0), 98_000)
            item.order = place.group * 1_000_000 + place.section * 100_000 + rank
            return item
        }
    }

    private static func place(of item: MenuItem) -> (group: Int, section: Int)? {
        for (at, group) in groups.enumerated() { if let section = group.sections.firstIndex(where: { $0.paths.contains(item.path) }) { return (at, section) } }
        for (at, group) in groups.enumerated() { if let section = group.sections.firstIndex(where: { $0.groups.contains(item.group) }) { return (at, section) } }
        return nil
    }
}
