import Kernel
import Ledgers

extension DictionaryName {
    static let certificateUse = DictionaryName("certificateUse")
    static let certificateState = DictionaryName("certificateState")
    static let mediumKind = DictionaryName("mediumKind")
    static let mediumAct = DictionaryName("mediumAct")
    static let secrecyLevel = DictionaryName("secrecyLevel")
    static let weaknessGrade = DictionaryName("weaknessGrade")
    static let weaknessState = DictionaryName("weaknessState")
    static let personalDataKind = DictionaryName("personalDataKind")
    static let confidentialityKind = DictionaryName("confidentialityKind")
    static let policyLayer = DictionaryName("policyLayer")
    static let policyState = DictionaryName("policyState")
    static let policyOccasion = DictionaryName("policyOccasion")
    static let policyRange = DictionaryName("policyRange")
    static let securityPost = DictionaryName("securityPost")
    static let personnelCheck = DictionaryName("personnelCheck")
    static let securityDeviceKind = DictionaryName("securityDeviceKind")
    static let assessmentKind = DictionaryName("assessmentKind")
    static let assetWorth = DictionaryName("assetWorth")
    static let productKind = DictionaryName("securityProductKind")
    static let incidentKind = DictionaryName("securityIncidentKind")
    static let incidentGrade = DictionaryName("securityIncidentGrade")
    static let changeKind = DictionaryName("changeKind")
    static let recordApplicant = DictionaryName("recordApplicant")
    static let recordKind = DictionaryName("recordKind")
    static let admittedState = DictionaryName("admittedState")
    static let rogueKind = DictionaryName("rogueKind")
    static let rogueVerdict = DictionaryName("rogueVerdict")
}

/// Codes of the security ledgers. Where a standard has them, it is named; the others are the words of the catalogue's rows.
enum SecurityCodes {
    static let all: [DictionaryDeclaration] =
        [
            DictionaryDeclaration(
                .certificateUse, "证书用途",
                [
                    CodeItem("user", "用户", "User"), CodeItem("device", "设备", "Device"), CodeItem("server", "服务端", "Server"), CodeItem("timestamp", "时间戳", "Time stamp"),
                    CodeItem("mobile", "移动", "Mobile"), CodeItem("custodian", "密钥保管", "Custodian"), CodeItem("authority", "签发机构", "Authority"),
                ], source: "D17.6.7"),
            DictionaryDeclaration(
                .certificateState, "证书状态", [CodeItem("valid", "有效", "Valid"), CodeItem("revoked", "已吊销", "Revoked"), CodeItem("replaced", "已更换", "Replaced")], source: "D17.6.7"),
            DictionaryDeclaration(
                .mediumKind, "介质种类",
                [
                    CodeItem("disk", "硬盘", "Disk"), CodeItem("usb", "移动存储", "Removable"), CodeItem("tape", "磁带", "Tape"), CodeItem("optical", "光盘", "Optical"),
                    CodeItem("key", "智能密码钥匙", "Key token"), CodeItem("paper", "纸质", "Paper"),
                ], source: "D17.8.5"),
            DictionaryDeclaration(
                .mediumAct, "介质流转",
                [
                    CodeItem("lend", "借阅（只拷贝）", "Lent"), CodeItem("return", "归还", "Returned"), CodeItem("count", "盘点", "Counted"), CodeItem("test", "可用性检查", "Tested"),
                    CodeItem("transport", "运输交付", "Transported"), CodeItem("repair", "送修", "Sent for repair"), CodeItem("destroy", "销毁", "Destroyed"),
                ], source: "D17.8.5"),
            DictionaryDeclaration(
                .recordApplicant, "调阅申请方",
                [CodeItem("outside", "外来人员", "Outsider"), CodeItem("law", "执法机关", "Law enforcement"), CodeItem("inside", "内部人员", "Insider")], source: "D17.2.7"),
            DictionaryDeclaration(
                .recordKind, "调阅资料种类",
                [
                    CodeItem("video", "录像", "Recording"), CodeItem("photo", "过车照片", "Photos"), CodeItem("passes", "过车记录", "Passes"), CodeItem("alarms", "报警与证据", "Alarms"),
                    CodeItem("paper", "其他资料", "Other papers"),
                ], source: "D17.2.7"),
            DictionaryDeclaration(
                .admittedState, "入网设备状态",
                [CodeItem("inUse", "在用", "In use"), CodeItem("stopped", "停用", "Stopped"), CodeItem("gone", "已注销", "Gone")], source: "A-22"),
            DictionaryDeclaration(
                .rogueKind, "非法接入与外联",
                [CodeItem("intrude", "接入内网", "Came in"), CodeItem("outside", "私自外联", "Went out"), CodeItem("twoNets", "多网卡", "Two networks")], source: "D17.9.7"),
            DictionaryDeclaration(
                .rogueVerdict, "入网核对结果",
                [
                    CodeItem("unknown", "未登记", "Not registered"), CodeItem("ended", "登记已到期", "Ended"), CodeItem("moved", "地址与绑定不符", "Another address"),
                    CodeItem("forbidden", "已登记但未许可", "Not permitted"), CodeItem("allowed", "许可范围内", "Permitted"),
                ], source: "D17.9.7"),
            DictionaryDeclaration(
                .secrecyLevel, "信息类别",
                [
                    CodeItem("1", "公开", "Public"), CodeItem("2", "内部", "Internal"), CodeItem("3", "敏感", "Sensitive"), CodeItem("4", "重要", "Important"),
                ], source: "D17.5.6"),
            DictionaryDeclaration(
                .weaknessGrade, "弱点等级", [CodeItem("1", "严重", "Critical"), CodeItem("2", "高危", "High"), CodeItem("3", "中危", "Medium"), CodeItem("4", "低危", "Low")], source: "D17.9.4"
            ),
            DictionaryDeclaration(
                .weaknessState, "弱点状态",
                [
                    CodeItem("open", "待处理", "Open"), CodeItem("patching", "整改中", "Being patched"), CodeItem("closed", "已复测关闭", "Closed"), CodeItem("accepted", "接受风险", "Accepted"),
                ], source: "D17.9.5"),
            DictionaryDeclaration(
                .personalDataKind, "个人信息类别",
                [
                    CodeItem("name", "姓名", "Name"), CodeItem("idCard", "证件号", "Identity number"), CodeItem("photo", "照片", "Photo"), CodeItem("face", "人脸", "Face"),
                    CodeItem("phone", "手机号", "Telephone"), CodeItem("track", "定位轨迹", "Track"), CodeItem("plate", "车牌", "Plate"), CodeItem("health", "健康与生命体征", "Health"),
                ], source: "D17.11.1"),
            DictionaryDeclaration(
                .confidentialityKind, "保密登记类别",
                [
                    CodeItem("agreement", "保密协议", "Agreement"), CodeItem("post", "岗位安全协议", "Post agreement"), CodeItem("range", "保密范围", "Range"),
                    CodeItem("leak", "泄密事件", "Leak"),
                ], source: "D17.11.4"),
            DictionaryDeclaration(
                .policyLayer, "制度层级",
                [CodeItem("1", "方针", "Principle"), CodeItem("2", "策略", "Strategy"), CodeItem("3", "制度", "Rule"), CodeItem("4", "操作规程", "Procedure")], source: "D17.14.1"),
            DictionaryDeclaration(
                .policyState, "制度状态",
                [CodeItem("draft", "起草", "Draft"), CodeItem("approved", "已审定", "Approved"), CodeItem("issued", "已发布", "Issued"), CodeItem("ended", "已废止", "Ended")],
                source: "D17.14.1"),
            DictionaryDeclaration(
                .policyOccasion, "制度起因",
                [
                    CodeItem("new", "新立", "New"), CodeItem("regular", "定期评审修订", "Regular review"), CodeItem("incident", "重大事故", "Incident"),
                    CodeItem("weakness", "新漏洞", "New weakness"), CodeItem("architecture", "架构变更", "Architecture"),
                ], source: "D17.14.1"),
            DictionaryDeclaration(
                .policyRange, "制度发布范围",
                [
                    CodeItem("all", "全体人员", "Everybody"), CodeItem("office", "监管与管理人员", "Authorities"), CodeItem("operators", "管理与运维人员", "Operators"),
                    CodeItem("enterprise", "企业人员", "Enterprises"),
                ], source: "D17.14.1"),
        ] + more

    private static let more: [DictionaryDeclaration] = [
        DictionaryDeclaration(
            .securityPost, "机构岗位类别",
            [
                CodeItem("group", "领导小组", "Steering group"), CodeItem("department", "职能部门", "Department"), CodeItem("system", "系统管理员", "System administrator"),
                CodeItem("network", "网络管理员", "Network administrator"), CodeItem("security", "安全管理员", "Security administrator"),
                CodeItem("audit", "审计管理员", "Audit administrator"), CodeItem("key", "密钥管理员", "Key administrator"), CodeItem("meeting", "例会", "Meeting"),
                CodeItem("outside", "外联单位", "Outside contact"), CodeItem("approval", "审批事项", "Approval"),
            ], source: "D17.14.2"),
        DictionaryDeclaration(
            .personnelCheck, "人员安全事项",
            [
                CodeItem("background", "背景与资质审查", "Background"), CodeItem("credit", "信用审查", "Credit"), CodeItem("agreement", "保密与岗位协议", "Agreement"),
                CodeItem("exam", "技能与安全认知考核", "Examination"), CodeItem("training", "培训", "Training"), CodeItem("punishment", "惩戒", "Punishment"),
            ], source: "D17.14.4"),
        DictionaryDeclaration(
            .securityDeviceKind, "安全设备种类",
            [
                CodeItem("firewall", "防火墙", "Firewall"), CodeItem("ids", "入侵检测/防御", "IDS/IPS"), CodeItem("behaviour", "上网行为管理", "Web behaviour"),
                CodeItem("dbAudit", "数据库审计", "Database audit"), CodeItem("scanner", "漏洞扫描", "Scanner"), CodeItem("antivirus", "防病毒", "Anti-virus"),
                CodeItem("bastion", "堡垒机", "Bastion"), CodeItem("waf", "WAF", "WAF"), CodeItem("posture", "态势感知", "Posture"), CodeItem("logAudit", "日志审计", "Log audit"),
                CodeItem("admission", "网络准入", "Admission"), CodeItem("crypto", "密码设备", "Cryptographic device"),
            ], source: "D17.16.3"),
        DictionaryDeclaration(
            .assessmentKind, "定级测评事项",
            [
                CodeItem("grading", "定级与专家论证", "Grading"), CodeItem("filing", "备案", "Filing"), CodeItem("level", "等级测评", "Level assessment"),
                CodeItem("crypto", "密码应用评估", "Cryptography assessment"), CodeItem("change", "变更后测评", "After a change"),
            ], source: "D17.14.6"),
        DictionaryDeclaration(.assetWorth, "资产重要程度", [CodeItem("1", "核心", "Core"), CodeItem("2", "重要", "Important"), CodeItem("3", "一般", "Ordinary")], source: "D17.14.8"),
        DictionaryDeclaration(
            .productKind, "合规产品类别",
            [
                CodeItem("security", "安全产品", "Security product"), CodeItem("crypto", "密码产品", "Cryptographic product"), CodeItem("software", "软件包", "Software"),
                CodeItem("service", "服务", "Service"),
            ], source: "D17.14.9"),
        DictionaryDeclaration(
            .incidentKind, "安全事件分类",
            [
                CodeItem("malware", "恶意程序", "Malware"), CodeItem("attack", "网络攻击", "Attack"), CodeItem("data", "数据安全（泄密）", "Data"), CodeItem("content", "信息内容", "Content"),
                CodeItem("device", "设备设施故障（中断）", "Equipment"), CodeItem("disaster", "灾害", "Disaster"), CodeItem("other", "其他与可疑", "Other"),
            ], source: "GB/Z 20986"),
        DictionaryDeclaration(
            .incidentGrade, "安全事件分级",
            [CodeItem("1", "特别重大", "Exceptional"), CodeItem("2", "重大", "Major"), CodeItem("3", "较大", "Larger"), CodeItem("4", "一般", "Ordinary")], source: "GB/Z 20986"),
        DictionaryDeclaration(
            .changeKind, "变更类别",
            [
                CodeItem("patch", "补丁", "Patch"), CodeItem("upgrade", "升级", "Upgrade"), CodeItem("configuration", "配置", "Configuration"), CodeItem("network", "网络与策略", "Network"),
                CodeItem("architecture", "架构", "Architecture"),
            ], source: "D17.14.7"),
    ]
}
