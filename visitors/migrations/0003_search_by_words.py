from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('visitors', '0002_contact_time_zone'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='contact',
            name='contact_search',
        ),
        migrations.RemoveField(
            model_name='contact',
            name='search_text',
        ),
        migrations.AlterField(
            model_name='contact',
            name='email_norm',
            field=models.CharField(db_collation='C', editable=False, max_length=254),
        ),
    ]
