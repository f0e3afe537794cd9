"""The fields of NexHealth's entities as the vendor documents them: what simulator and client are both held to."""

# Name, kind, ? where null is allowed. Kinds: int, str, bool, dt (a stamp in UTC), date, hm (HH:MM), obj, [] lists.
USER = (
    "id:int email:str? first_name:str middle_name:str? last_name:str name:str created_at:dt updated_at:dt"
    " institution_id:int foreign_id:str? foreign_id_type:str bio:obj inactive:bool last_sync_time:dt?"
)
PATIENT_BASIC = f"{USER} guarantor_id:int? billing_type:str? chart_id:str? preferred_language:str?"
PATIENT_V2 = f"{PATIENT_BASIC} preferred_locale:str? location_ids:[]"
PATIENT = f"{PATIENT_BASIC} provider_id:int? hipaa:obj"
PRIVACY = "authorization:bool authorization_date:date privacy:bool privacy_date:date consent:bool consent_date:date"
ADDRESS = "line_1:str? line_2:str? postal_code:str? city:str? region:str?"
APPOINTMENT = (
    "id:int patient_id:int? provider_id:int? provider_name:str? start_time:dt confirmed:bool? patient_missed:bool?"
    " created_at:dt updated_at:dt note:str? end_time:dt unavailable:bool? cancelled:bool timezone:str"
    " institution_id:int appointment_type_id:int? checkin_at:dt? location_id:int? foreign_id:str? foreign_id_type:str"
    " misc:obj? last_sync_time:dt? patient_confirmed:bool? created_by_user_id:int? is_guardian:bool?"
    " patient_confirmed_at:dt? cancelled_at:dt? is_new_clients_patient:bool? confirmed_at:dt? sooner_if_possible:bool?"
    " operatory_id:int? checked_out:bool? checked_out_at:dt? referrer:str? is_past_patient:bool? timezone_offset:str"
)
APPOINTMENT_BASIC = "id:int provider_id:int provider_name:str start_time:dt end_time:dt location_id:int confirmed:bool"
BOOKING_DETAILS = (
    "booked_via_nexhealth_generated_link:bool campaign_type:str campaign_id:str? campaign_medium:str?"
    " booked_via_one_click:bool"
)
PROVIDER = (
    f"{USER} display_name:str? npi:str? tin:str? state_license:str? specialty_code:str? locations:[]"
    " provider_requestables:[] availabilities:[]"
)
OPERATORY = (
    "id:int name:str foreign_id:str foreign_id_type:str location_id:int? last_sync_time:dt? created_at:dt"
    " updated_at:dt display_name:str? active:bool bookable_online:bool"
)
LOCATION = (
    "id:int name:str institution_id:int street_address:str? street_address_2:str? city:str? state:str? zip_code:str?"
    " country_code:str? created_at:dt updated_at:dt latitude:num? longitude:num? phone_number:str? foreign_id:str"
    " foreign_id_type:str email:str? tz:str last_sync_time:dt? insert_appt_client:bool map_by_operatory:bool"
    " set_availability_by_operatory:bool inactive:bool specialty:obj"
)
LOCATION_BASIC = (
    "id:int name:str street_address:str street_address_2:str city:str state:str zip_code:str phone_number:str"
    " email:str inactive:bool"
)
INSTITUTION = (
    "id:int name:str created_at:dt updated_at:dt subdomain:str phone_number:str emrs:[] country_code:str"
    " appointment_types_location_scoped:bool is_sync_notifications:bool notify_insert_fails:bool locations:[]"
)
APPOINTMENT_TYPE = "id:int name:str parent_type:str parent_id:int minutes:int bookable_online:bool"
SLOT_GROUP = "lid:int pid:int? operatory_id:int? slots:[] next_available_date:date?"
SLOT = "time:local end_time:local operatory_id:int provider_id:int working_hour_label_id:int?"
WORKING_HOUR = (
    "id:int provider_id:int? location_id:int? operatory_id:int? begin_time:hm end_time:hm days:[]? specific_date:date?"
    " custom_recurrence:obj? tz_offset:str active:bool source:str label:obj? appointment_types:[]"
)
SYNC_STATUS = (
    "institution_id:int sync_source_type:str sync_source_name:str emr:obj read_status:str read_status_at:dt"
    " write_status:str write_status_at:dt locations:[]"
)
EMR = "id:int name:str display_name:str type:str"
ENDPOINT = "id:int target_url:str secret_key:str active:bool created_at:dt updated_at:dt"
SUBSCRIPTION = (
    "id:int webhook_endpoint_id:int institution_id:int? resource_type:str event:str active:bool created_at:dt"
    " updated_at:dt"
)
PAGE_INFO = "has_previous_page:bool has_next_page:bool start_cursor:str end_cursor:str"
