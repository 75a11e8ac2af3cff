import Storage

/// 路长制 (B3): roads, chiefs, tasks, patrols and scores, with what stands ready in them; roles that domains bring. Shipped, never changes.
let migration0031 = Migration("0031-road-chiefs", migration0031Part1 + migration0031Part2 + seeds)

private let sources: [(String, String)] = [("LY01", "月度自查"), ("LY02", "监督指挥中心抄告"), ("LY03", "上级抄告"), ("LY04", "路长办季度检查"), ("LY05", "区级路长专项督查")]

private let rules: [(String, String, String, String)] = [
    ("XZ01", "组织机构不健全", "manual", "-2"), ("XZ02", "领导小组未开展工作", "manual", "-2"), ("XZ03", "未落实信息报送制度", "manual", "-1"), ("XZ04", "台账资料不完整", "manual", "-1"),
    ("XZ11", "月度巡检次数不足", "shortRounds", "-2"), ("XZ12", "漏巡道路", "missedRoad", "-0.5"), ("XZ13", "交办任务超期", "overdueTask", "-2"), ("XZ14", "整改复查未通过", "failedReview", "-1"),
    ("XZ21", "应急问题上报超时", "lateReport", "-2"), ("XZ31", "国家级媒体录用稿件", "articleNational", "5"), ("XZ32", "省级媒体录用稿件", "articleProvince", "3"),
    ("XZ33", "市级媒体录用稿件", "articleCity", "2"), ("XZ34", "区级媒体录用稿件", "articleDistrict", "1"), ("XZ41", "创新举措", "innovation", "3"),
]

private let parameters: [(String, String, String, String)] = [
    ("baseScore", "月度基础分", "100", "每月考核的起始分"), ("monthlyRounds", "每月巡检次数", "4", "责任单位每月应执行的巡检任务次数"), ("reportMinutes", "应急问题上报时限（分钟）", "60", "事发时间至服务器收到上报的时间"),
]

/// The first moment of 2026-11-22 in Asia/Shanghai.
private let made = "1, 1795276800000, 0, 1795276800000, 0"

private let seeds: [SchemaStep] =
    sources.map { source -> SchemaStep in
        .run("INSERT INTO problem_source (version, created_at, created_by, updated_at, updated_by, code, name) VALUES (\(made), '\(source.0)', '\(source.1)')")
    }
    + rules.map { rule -> SchemaStep in
        .run(
            "INSERT INTO appraisal_rule (version, created_at, created_by, updated_at, updated_by, code, name, cause, points, in_use) VALUES (\(made), '\(rule.0)', '\(rule.1)', '\(rule.2)', \(rule.3), 1)"
        )
    }
    + parameters.map { parameter -> SchemaStep in
        .run(
            "INSERT INTO road_parameter (version, created_at, created_by, updated_at, updated_by, code, name, value, description) VALUES (\(made), '\(parameter.0)', '\(parameter.1)', \(parameter.2), '\(parameter.3)')"
        )
    }
